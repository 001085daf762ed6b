"""Logistic regression without intercept, by Vowpal Wabbit's L-BFGS."""

import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rft.reward_model.rows import Rows

PASSES: Final = 100  # at most
ENOUGH: Final = 1e-3  # share of the loss below which a pass gains too little to go on


class Solver:
    """Fits of any of the rows, which are written once; see ``solving``."""

    def __init__(self, folder: Path, rows: Rows) -> None:
        self._folder = folder
        self._used = rows.used
        self._places = rows.places
        self._all = folder / "all"
        self._ends = array("Q", [0])
        with self._all.open("wb") as file:
            for text in rows.texts():
                file.write(text.encode())
                self._ends.append(file.tell())

    def fit(self, which: Iterable[int], strength: float) -> "array[float]":
        """Return the weights that minimise sum(log loss) + strength / 2 * |weights|^2 over some rows.

        The same rows and strength give the same weights on the same kind of machine.
        """
        from vowpalwabbit import Workspace  # here: only who trains has it

        data = self._folder / "some"
        with self._all.open("rb") as source, data.open("wb") as file:
            for row in which:
                source.seek(self._ends[row])
                file.write(source.read(self._ends[row + 1] - self._ends[row]))
        bits = len(self._used).bit_length()
        workspace = Workspace(
            f"--data {data} --cache_file {data}.cache --kill_cache --bit_precision {bits} --loss_function logistic "
            f"--noconstant --bfgs --passes {PASSES} --termination {ENOUGH} --l2 {strength!r} --holdout_off --quiet"
        )
        try:
            weights = array("f", [0.0]) * self._places
            for name, place in enumerate(self._used):
                weights[place] = workspace.get_weight(name)
        finally:
            workspace.finish()
        return weights


@contextmanager
def solving(rows: Rows) -> Iterator[Solver]:
    """Give a solver of the rows; its files are in the temporary folder and go with it.

    Disk: about 20 bytes for each n-gram in which two answers differ, and for each number of their embeddings.
    """
    with tempfile.TemporaryDirectory(prefix="rft-reward-model-") as name:
        yield Solver(Path(name), rows)
