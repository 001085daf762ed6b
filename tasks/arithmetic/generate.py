"""Make the sample data of the task ``arithmetic``: word problems, always the same for the same seed.

python tasks/arithmetic/generate.py > tasks/arithmetic/data/arithmetic.jsonl
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator
from random import Random

SYSTEM = (
    "Solve the problem. Think in short steps. Write the answer alone on the last line, in the form: #### <whole number>"
)
NAMES = (
    "Amara", "Bruno", "Chiara", "Dmitri", "Elif", "Farah", "Goran", "Hana", "Ines", "Jonas", "Keiko", "Luca", "Mina",
    "Nadia", "Omar", "Priya", "Quentin", "Rosa", "Samir", "Tova", "Ulla", "Viktor", "Wanda", "Yusuf", "Zora",
)  # fmt: skip
THINGS = ("apples", "beads", "candles", "coins", "crayons", "marbles", "pencils", "postcards", "shells", "stickers")
GOODS = (
    ("notebook", "notebooks"), ("mug", "mugs"), ("plant", "plants"), ("scarf", "scarves"), ("lamp", "lamps"),
    ("brush", "brushes"), ("ticket", "tickets"), ("poster", "posters"),
)  # fmt: skip
PLACES = ("library", "bakery", "museum", "garden centre", "workshop", "school", "market", "theatre")

Problem = tuple[str, int]


def two_names(rng: Random) -> tuple[str, str]:
    """Return two different names."""
    first, second = rng.sample(NAMES, 2)
    return first, second


def shopping(rng: Random) -> Problem:
    """Two goods, paid with a note: the change."""
    name, _ = two_names(rng)
    (one, ones), (other, others) = rng.sample(GOODS, 2)
    a, b, p, q = rng.randint(2, 9), rng.randint(2, 9), rng.randint(3, 19), rng.randint(3, 19)
    cost = a * p + b * q
    note = (cost // 50 + 1) * 50
    return (
        (
            f"{name} buys {a} {ones} at ${p} per {one} and {b} {others} at ${q} per {other}. "
            f"{name} pays with ${note}. How many dollars does {name} get back?"
        ),
        note - cost,
    )


def sharing(rng: Random) -> Problem:
    """Give some away, share the rest equally."""
    name, friend = two_names(rng)
    things, friends, each, given = rng.choice(THINGS), rng.randint(3, 9), rng.randint(4, 25), rng.randint(3, 40)
    return (
        (
            f"{name} has {friends * each + given} {things}. After giving {given} of them to {friend}, {name} "
            f"shares the "
            f"rest equally among {friends} neighbours. How many {things} does each neighbour get?"
        ),
        each,
    )


def travel(rng: Random) -> Problem:
    """Two legs at two speeds."""
    name, _ = two_names(rng)
    fast, slow, a, b = rng.randint(40, 95), rng.randint(12, 35), rng.randint(2, 6), rng.randint(2, 5)
    return (
        (
            f"{name} rides a train for {a} hours at {fast} kilometres an hour, then cycles for {b} hours at {slow} "
            f"kilometres an hour. How many kilometres is that altogether?"
        ),
        a * fast + b * slow,
    )


def half_as_many(rng: Random) -> Problem:
    """A quantity and a fraction of it."""
    name, friend = two_names(rng)
    things, part, unit = rng.choice(THINGS), rng.choice((2, 3, 4, 5)), rng.randint(4, 30)
    word = {2: "half", 3: "a third", 4: "a quarter", 5: "a fifth"}[part]
    return (
        (
            f"{name} collected {part * unit} {things} in spring and {word} as many in summer. {friend} "
            f"collected twice as "
            f"many as {name} did in both seasons together. How many {things} did {friend} collect?"
        ),
        2 * (part * unit + unit),
    )


def wages(rng: Random) -> Problem:
    """Hours at a wage, with a better one at the weekend, minus a cost."""
    name, _ = two_names(rng)
    wage, extra, week, end = rng.randint(11, 24), rng.randint(3, 9), rng.randint(8, 30), rng.randint(2, 10)
    cost = rng.randint(10, 60)
    return (
        (
            f"At the {rng.choice(PLACES)}, {name} earns ${wage} an hour on weekdays and ${extra} an hour more "
            f"at weekends. "
            f"This week {name} worked {week} hours on weekdays and {end} hours at the weekend, and spent "
            f"${cost} on the "
            f"way. How many dollars are left?"
        ),
        wage * week + (wage + extra) * end - cost,
    )


def rows(rng: Random) -> Problem:
    """A grid with some places taken."""
    r, c = rng.randint(8, 24), rng.randint(9, 30)
    taken = rng.randint(20, r * c - 20)
    return (
        (
            f"A {rng.choice(PLACES)} sets up {r} rows of {c} chairs. {taken} people sit down, one on each chair. "
            f"How many chairs stay empty?"
        ),
        r * c - taken,
    )


def ages(rng: Random) -> Problem:
    """Ages in some years."""
    name, friend = two_names(rng)
    young, times, years = rng.randint(4, 13), rng.randint(2, 5), rng.randint(3, 15)
    return (
        f"{name} is {young} years old. {friend} is {times} times as old. How old will {friend} be in {years} years?",
        young * times + years,
    )


def discount(rng: Random) -> Problem:
    """Percent off, several pieces."""
    (one, ones), name = rng.choice(GOODS), rng.choice(NAMES)
    percent, price, count = rng.choice((10, 20, 25, 30, 40, 50)), rng.randint(2, 12) * 20, rng.randint(2, 7)
    return (
        (
            f"A {one} costs ${price}. Today there are {percent} percent off. {name} buys {count} {ones}. "
            f"How many dollars does {name} pay?"
        ),
        count * price * (100 - percent) // 100,
    )


def filling(rng: Random) -> Problem:
    """A tank that fills and leaks."""
    flow, leak, minutes, start = rng.randint(9, 30), rng.randint(2, 7), rng.randint(8, 45), rng.randint(10, 120)
    return (
        (
            f"A tank holds {start} litres of water. A pipe adds {flow} litres every minute while a leak loses {leak} "
            f"litres every minute. How many litres are in the tank after {minutes} minutes?"
        ),
        start + (flow - leak) * minutes,
    )


def packing(rng: Random) -> Problem:
    """Boxes needed for all pieces, the last one perhaps not full."""
    things, size, count = rng.choice(THINGS), rng.randint(6, 16), rng.randint(50, 400)
    return (
        (
            f"{rng.choice(NAMES)} packs {count} {things} into boxes that hold {size} each. The last box may be "
            f"only partly "
            f"full. How many boxes are needed?"
        ),
        -(-count // size),
    )


def saving(rng: Random) -> Problem:
    """Weeks until a goal."""
    name, weekly, weeks = rng.choice(NAMES), rng.randint(6, 28), rng.randint(5, 30)
    has = rng.randint(5, 90)
    one, _ = rng.choice(GOODS)
    return (
        (
            f"{name} wants a rare {one} for ${has + weekly * weeks} and has ${has} already. {name} saves "
            f"${weekly} every "
            f"week. After how many weeks is there enough money?"
        ),
        weeks,
    )


def averages(rng: Random) -> Problem:
    """The last value for a wanted average."""
    name, wanted = rng.choice(NAMES), rng.randint(60, 90)
    first, second = wanted - rng.randint(1, 15), wanted + rng.randint(-10, 20)
    return (
        (
            f"{name} scored {first} and {second} points in the first two of three games. How many points does "
            f"{name} need "
            f"in the third game for an average of {wanted} points?"
        ),
        3 * wanted - first - second,
    )


def debts(rng: Random) -> Problem:
    """A balance that ends below zero."""
    name, start, rent = rng.choice(NAMES), rng.randint(20, 300), rng.randint(310, 700)
    fee, paid = rng.randint(5, 40), rng.randint(1, 9)
    return (
        (
            f"{name}'s account holds ${start}. A rent of ${rent} and a fee of ${fee} are taken from it and ${paid} are "
            f"paid in. What is the balance in dollars? Write a debt as a negative number."
        ),
        start - rent - fee + paid,
    )


def fences(rng: Random) -> Problem:
    """Posts around a rectangle."""
    step = rng.choice((2, 3, 4, 5))
    length, width = step * rng.randint(6, 20), step * rng.randint(3, 12)
    return (
        (
            f"A rectangular field is {length} metres long and {width} metres wide. Posts stand every {step} "
            f"metres along "
            f"its whole border, one of them in each corner. How many posts are there?"
        ),
        2 * (length + width) // step,
    )


TEMPLATES: tuple[Callable[[Random], Problem], ...] = (
    shopping, sharing, travel, half_as_many, wages, rows, ages, discount, filling, packing, saving, averages, debts,
    fences,
)  # fmt: skip


def problems(count: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield prompt records. No two prompts are equal, and no answer stands in its own question."""
    rng = Random(seed)
    seen: set[str] = set()
    while len(seen) < count:
        template = rng.choice(TEMPLATES)
        question, answer = template(rng)
        if question in seen or str(abs(answer)) in re.findall(r"\d+", question):
            continue
        seen.add(question)
        yield {
            "id": f"arithmetic-{len(seen):05d}",
            "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
            "reference_answer": str(answer),
            "template": template.__name__,
        }


def main() -> None:
    """Print the records, one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=600)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    for record in problems(given.records, given.seed):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
