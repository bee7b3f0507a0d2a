"""Adds models, puts them to use and takes them back, as fast as it can, until somebody kills it.

Arguments: the registry's folder, the weights, and `torn` for pointers that are written in place.
"""

import sys
import time
from dataclasses import replace
from itertools import count
from pathlib import Path

from tests.train import toys

from vigil.infer.registry import Registry
from vigil.stages.detect.probation import Terms


class Torn(Registry):
    """Without the rename: what a crash leaves is half a pointer."""

    def _point(self, name: str, history: tuple[int, ...]) -> None:
        path = self.folder / name / "current"
        path.write_text("")
        time.sleep(0.01)
        path.write_text(" ".join(map(str, history)))


def main(folder: str, weights: str, how: str) -> None:
    """Never returns."""
    registry = (Torn if how == "torn" else Registry)(Path(folder))
    for number in count():
        # The same card is kept once: a few versions stand for many.
        card = replace(toys.CARD, source=f"lesson {number % 4}")
        kept = registry.add(Path(weights), card, activate=False)
        Terms(version=kept.version, before=1, least=0.5).write(registry, card.name)
        registry.activate(card.name, kept.version)
        if number % 3 == 2:
            registry.roll_back(card.name)
        if number == 1:
            print("swapping", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
