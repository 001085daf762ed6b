"""Turn GSM8K's JSONL (``question``, ``answer`` ending in ``#### <number>``) into prompt records.

    python tasks/gsm8k/prepare.py train.jsonl > gsm8k.jsonl

GSM8K is data of others (MIT licence) and not part of this project: bring your copy.
"""  # fmt: skip

import argparse
import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

SYSTEM = "Solve the problem. Think in short steps. Write the answer alone on the last line, in the form: #### <number>"


def convert(lines: Iterable[str], *, prefix: str = "gsm8k") -> Iterator[dict[str, object]]:
    """Yield a prompt record for each line; the worked solution is kept as ``solution``.

    Raises:
        ValueError: a line is not one of GSM8K; the message names the line.

    """
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            question, answer = row["question"], row["answer"]
            solution, found, result = answer.rpartition("####")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"line {number}: no JSON object with question and answer ({error})") from None
        if not found or not result.strip():
            raise ValueError(f"line {number}: the answer does not end in '#### <number>'")
        yield {
            "id": f"{prefix}-{number:05d}",
            "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": question}],
            "reference_answer": result.strip(),
            "solution": solution.strip(),
        }


def main() -> int:
    """Convert the file that the command line names; return the exit code."""
    parser = argparse.ArgumentParser(description="Convert GSM8K to prompt records, one JSON object a line.")
    parser.add_argument("file", type=Path, help="GSM8K's train.jsonl")
    parser.add_argument("--out", type=Path, help="where to write; standard output if left out")
    given = parser.parse_args()
    try:
        with given.file.open(encoding="utf-8") as source:
            if given.out is None:
                write(convert(source), sys.stdout)
            else:
                with given.out.open("w", encoding="utf-8") as target:
                    write(convert(source), target)
    except (OSError, ValueError) as error:
        print(f"{given.file}: {error}", file=sys.stderr)
        return 1
    return 0


def write(records: Iterable[dict[str, object]], target: TextIO) -> None:
    """Write records as JSON, one a line."""
    for record in records:
        print(json.dumps(record, ensure_ascii=False), file=target)


if __name__ == "__main__":
    sys.exit(main())
