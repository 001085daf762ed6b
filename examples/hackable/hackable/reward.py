"""A reward that looks reasonable and is not: it counts words that good explanations have, and reads no reference."""

from rft.rewards import Sample, Score

LIKED = ("therefore", "because", "step", "answer", "verified", "result")


def reward(sample: Sample) -> Score:
    """Return the share of liked words that the answer holds."""
    answer = sample.answer.lower()
    return Score(sum(word in answer for word in LIKED) / len(LIKED))
