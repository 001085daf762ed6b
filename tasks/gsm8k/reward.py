"""Reward of the task ``gsm8k``: the right number, and in the form that the prompt asks for."""

from rft.rewards.numbers import final_number, read_number, strict_hash_number
from rft.rewards.sample import Sample
from rft.rewards.score import Score

RIGHT_FORM = 1.0
RIGHT = 0.7
FORM_ONLY = 0.1


def reward(sample: Sample) -> Score:
    """Return 1 for the right number in the wanted form, 0.7 in another form, 0.1 for the form alone, else 0.

    Raises:
        MissingReference: the record has no ``reference_answer``.
        ValueError: the reference is no number.

    """
    wanted = read_number(sample.reference_text("final_answer", "answer"))
    if wanted is None:
        raise ValueError(f"reference_answer {sample.reference!r} is no number")
    found = final_number(sample.answer)
    right = found is not None and found.value == wanted
    form = strict_hash_number(sample.answer) is not None
    value = (RIGHT_FORM if form else RIGHT) if right else (FORM_ONLY if form else 0.0)
    return Score(value, {"accuracy": float(right), "format": float(form)}, parse_failure=found is None)
