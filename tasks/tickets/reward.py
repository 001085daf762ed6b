"""Reward of the task ``tickets``: partial credit for each right field, less for anything around the JSON object."""

from rft.rewards.fields import compare_fields, first_object
from rft.rewards.sample import Sample
from rft.rewards.score import Score

LEVELS = ("low", "normal", "high", "urgent")
WEIGHTS = {"product": 0.2, "category": 0.25, "priority": 0.25, "order_id": 0.15, "refund": 0.15}
NEXT_LEVEL = 0.4  # a priority that is off by one
AROUND = 0.8  # factor for an object with other text around it
EXTRA_KEY = 0.1  # taken off for each key that was not asked for


def reward(sample: Sample) -> Score:
    """Return the weighted share of right fields, 0 to 1.

    An object amid other text is worth 0.8 of itself, each unwanted key costs 0.1. No object, no reward: form alone
    earns nothing, and of several objects only the first one is read.

    Raises:
        MissingReference: the record has no ``reference_answer`` object.

    """
    wanted = sample.reference_fields()
    found = first_object(sample.answer)
    if found is None:
        return Score(0.0, {**dict.fromkeys(WEIGHTS, 0.0), "strict": 0.0}, parse_failure=True)
    fields = compare_fields(found.value, {name: wanted[name] for name in WEIGHTS}, {"priority": _priority})
    extra = len(found.value.keys() - WEIGHTS.keys())
    accuracy = sum(WEIGHTS[name] * score for name, score in fields.items())
    value = round(max(0.0, accuracy * (1.0 if found.strict else AROUND) - EXTRA_KEY * extra), 6)
    return Score(value, {**fields, "strict": float(found.strict)})


def _priority(found: object, wanted: object) -> float:
    level = found.strip().casefold() if isinstance(found, str) else ""
    if level not in LEVELS:
        return 0.0
    distance = abs(LEVELS.index(level) - LEVELS.index(str(wanted)))
    return {0: 1.0, 1: NEXT_LEVEL}.get(distance, 0.0)
