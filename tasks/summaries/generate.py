"""Make the sample data of the task ``summaries``: local news with summaries, always the same for the same seed.

python tasks/summaries/generate.py > tasks/summaries/data/summaries.jsonl
"""

import argparse
import json
import sys
from collections.abc import Iterator
from random import Random

SYSTEM = "Summarise the text in one or two sentences: what happens, where, when and why. Write only the summary."
TOWNS = (
    "Alderbrook",
    "Castor Bay",
    "Dunmere",
    "Eastwick",
    "Fallow Hill",
    "Greyport",
    "Hollin",
    "Lower Tarn",
    "Marsden",
)
PLACES = {
    "library": ("borrow books", "the reading room in the town hall"),
    "swimming pool": ("swim", "the pool of the secondary school"),
    "museum": ("see the collection", "an exhibition in the old station"),
    "ferry": ("cross the river", "a bus over the northern bridge"),
    "tram line": ("travel to the centre", "replacement buses from the market"),
    "sports hall": ("train", "the gymnasium of the college"),
    "footbridge": ("walk across the valley", "the path along the railway"),
    "community kitchen": ("eat at noon", "a canteen in the parish house"),
}
CAUSES = {
    "the roof leaks": (
        "Water came through the ceiling in {month} and damaged the wiring.",
        "its leaking roof is repaired",
    ),
    "inspectors found rust": ("Inspectors found rust in the supports last {month}.", "rusty supports are replaced"),
    "the heating failed": ("The heating failed twice in {month} and cannot be repaired.", "a new heating is installed"),
    "a lift is missing": ("Since {month} the law asks for a lift, and there is none.", "a lift is built"),
    "the floor is worn": ("The floor, worn down since {month}, has become a danger.", "its worn floor is renewed"),
}
MONTHS = ("January", "February", "March", "April", "May", "June", "September", "October", "November")
STARTS = ("from Monday, {day} {later}", "on {day} {later}", "in the night to {day} {later}")
REMARKS = (
    "The mayor recalled that she learned to dance there as a child.",
    "A brass band played at the announcement, although it rained.",
    "The local paper has received {count} letters about it.",
    "Older inhabitants remember a similar time, {count} years ago.",
    "The neighbouring town of {other} is known for its apples.",
    "A collection of photographs can be bought at the kiosk.",
)
OPENINGS = (
    "There was a long debate in the council of {town} on Tuesday.",
    "Many people in {town} had heard rumours for weeks.",
    "The council of {town} has made up its mind after three sessions.",
    "A notice at the door surprised people in {town} this week.",
)


def summaries(count: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield prompt records; no two texts are equal."""
    rng = Random(seed)
    seen: set[str] = set()
    while len(seen) < count:
        text, summary = news(rng)
        if text in seen:
            continue
        seen.add(text)
        yield {
            "id": f"summaries-{len(seen):05d}",
            "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}],
            "reference_answer": summary,
        }


def news(rng: Random) -> tuple[str, str]:
    """Return a text and its summary."""
    town, other = rng.sample(TOWNS, 2)
    place, (use, instead) = rng.choice(list(PLACES.items()))
    told, doing = CAUSES[rng.choice(list(CAUSES))]
    month, later = rng.sample(MONTHS, 2)
    start = rng.choice(STARTS).format(day=rng.randint(1, 28), later=later)
    weeks, cost = rng.randint(3, 40), rng.randint(4, 95) * 10_000
    remarks = [one.format(count=rng.randint(12, 90), other=other) for one in rng.sample(REMARKS, 3)]
    body = [
        told.format(month=month),
        f"So the {place} closes {start} and stays closed for {weeks} weeks.",
        f"The work costs {cost:,} euros, which the town pays from its reserve.",
        f"Until it opens again, people who want to {use} can turn to {instead}.",
    ]
    for remark in remarks:
        body.insert(rng.randint(1, len(body)), remark)
    text = " ".join([rng.choice(OPENINGS).format(town=town), *body])
    summary = (
        f"The {place} of {town} closes {start} for {weeks} weeks while {doing} for {cost:,} euros. "
        f"Meanwhile people can turn to {instead}."
    )
    return text, summary


def main() -> None:
    """Print the records, one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=300)
    parser.add_argument("--seed", type=int, default=23)
    given = parser.parse_args()
    for record in summaries(given.records, given.seed):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
