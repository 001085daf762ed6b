"""Make the sample data of the task ``tickets``: support tickets with their fields, always the same for the same seed.

python tasks/tickets/generate.py > tasks/tickets/data/tickets.jsonl
"""

import argparse
import json
import sys
from collections.abc import Iterator
from random import Random

SYSTEM = (
    "Read the support ticket and answer with one JSON object and nothing else. Keys: product (router, camera, speaker, "
    "thermostat, doorbell or app), category (billing, delivery, defect, setup, account or feature), priority (low, "
    "normal, high or urgent), order_id (as written, or null), refund (true if money back is asked for, else false)."
)
PRODUCTS = {
    "router": ("the router", "my Wavelet router", "the Wi-Fi router we got from you"),
    "camera": ("the camera", "my outdoor camera", "the Argus camera above our door"),
    "speaker": ("the speaker", "my kitchen speaker", "the Basso speaker"),
    "thermostat": ("the thermostat", "my hallway thermostat", "the thermostat you sell as Ember"),
    "doorbell": ("the doorbell", "my video doorbell", "the new doorbell"),
    "app": ("the phone app", "your app", "the app on my tablet"),
}
CATEGORIES = {
    "billing": (
        "I was charged twice for {product} this month.",
        "The invoice for {product} shows a price that I never agreed to.",
        "My card was debited again although {product} is paid in full.",
    ),
    "delivery": (
        "The parcel with {product} has not arrived, although tracking says it has.",
        "You sent the wrong colour: this is not how I ordered {product}.",
        "I am still waiting for {product}; the promised day has passed.",
    ),
    "defect": (
        "Since yesterday {product} switches itself off after a few minutes.",
        "There is a crack in {product} and it makes a burning smell.",
        "After the last update {product} has stopped working.",
    ),
    "setup": (
        "I cannot get {product} to connect; the manual stops at step three.",
        "How do I pair {product} with a second network?",
        "The light keeps blinking while I try to install {product}.",
    ),
    "account": (
        "I am locked out and cannot manage {product} any more.",
        "Please move {product} to my new e-mail address.",
        "Somebody else seems to be signed in to {product} with my name.",
    ),
    "feature": (
        "It would be nice if {product} had a night mode.",
        "Could you add a weekly summary to {product}?",
        "I miss a way to share {product} with guests.",
    ),
}
PRIORITIES = {
    "low": ("No hurry at all.", "Whenever you find the time.", "Just an idea, there is no need to answer soon."),
    "normal": ("Please have a look this week.", "I would like an answer in the next days.", "Thanks for checking."),
    "high": (
        "This costs me work every day, please answer today.",
        "I need this solved by tomorrow morning.",
        "My whole office waits for this.",
    ),
    "urgent": (
        "This is an emergency, call me at once!",
        "People may get hurt, act immediately.",
        "Everything is down right now, every minute counts!",
    ),
}
REFUND = ("I want my money back.", "Please refund me.", "Kindly return the amount to my card.")
GREETINGS = ("Hello,", "Good morning,", "Hi there,", "Dear team,", "To whom it may concern,")
CLOSINGS = ("Regards, {name}", "Best, {name}", "{name}", "Thank you, {name}")
NAMES = ("A. Costa", "B. Lind", "C. Moreau", "D. Okafor", "E. Novak", "F. Haddad", "G. Silva", "H. Tanaka", "I. Berg")
ORDER = ("My order number is {order}.", "(Order {order})", "It was bought under {order}.")
DISTRACTIONS = (
    "I have been a customer for {n} years.",
    "My neighbour has the same one and is happy with it.",
    "The serial number ends in {n}.",
    "I already tried the usual things, {n} times.",
)


def tickets(count: int, seed: int) -> Iterator[dict[str, object]]:
    """Yield prompt records; no two tickets are equal."""
    rng = Random(seed)
    seen: set[str] = set()
    while len(seen) < count:
        text, fields = ticket(rng)
        if text in seen:
            continue
        seen.add(text)
        yield {
            "id": f"tickets-{len(seen):05d}",
            "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": text}],
            "reference_answer": fields,
        }


def ticket(rng: Random) -> tuple[str, dict[str, object]]:
    """Return a ticket's text and its fields."""
    product, category, priority = rng.choice(list(PRODUCTS)), rng.choice(list(CATEGORIES)), rng.choice(list(PRIORITIES))
    number = f"{rng.choice('ABCDEF')}{rng.choice('KLMNPQ')}-{rng.randint(10_000, 99_999)}"
    order = number if rng.random() < 0.6 else None
    refund = category in ("billing", "delivery", "defect") and rng.random() < 0.5
    middle = [rng.choice(PRIORITIES[priority])]
    if order is not None:
        middle.append(rng.choice(ORDER).format(order=order))
    if refund:
        middle.append(rng.choice(REFUND))
    if rng.random() < 0.5:
        middle.append(rng.choice(DISTRACTIONS).format(n=rng.randint(2, 12)))
    rng.shuffle(middle)
    problem = rng.choice(CATEGORIES[category]).format(product=rng.choice(PRODUCTS[product]))
    closing = rng.choice(CLOSINGS).format(name=rng.choice(NAMES))
    text = f"{rng.choice(GREETINGS)}\n{problem} {' '.join(middle)}\n{closing}"
    return text, {
        "product": product,
        "category": category,
        "priority": priority,
        "order_id": order,
        "refund": refund,
    }


def main() -> None:
    """Print the records, one JSON object a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=400)
    parser.add_argument("--seed", type=int, default=11)
    given = parser.parse_args()
    for record in tickets(given.records, given.seed):
        sys.stdout.write(json.dumps(record, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
