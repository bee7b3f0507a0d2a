"""What settings of readers have in common."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from vigil.core import ModelCard, ModelError, SystemClock
from vigil.infer.live import LiveModel, OpenModel
from vigil.infer.registry import Registry, models_folder

Words = Annotated[
    tuple[str, ...], BeforeValidator(lambda value: (value,) if isinstance(value, str) else value)
]
"""Labels; one may be written alone."""
Kind = Annotated[str, Field(pattern=r"[a-z][a-z0-9_]{0,39}")]
"""The word by which rules ask for what is read."""
VEHICLES = ("bus", "car", "motorcycle", "truck", "van", "vehicle")
FURTHEST = 1.0


def _a_part(sides: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = sides
    near = all(-FURTHEST <= side <= 1 + FURTHEST for side in sides)
    if not (near and x1 < x2 and y1 < y2):
        raise ValueError("allowed: x1, y1, x2, y2 with x1 < x2 and y1 < y2, from -1 to 2")
    return sides


Part = Annotated[tuple[float, float, float, float], AfterValidator(_a_part)]
"""Left, top, right and bottom of what is read, in widths and heights of the track's box."""


class Weights:
    """The model of a reader: opened when first needed, followed when its name points elsewhere."""

    def __init__(
        self, name: str, registry: Path | None, check: Callable[[OpenModel], object]
    ) -> None:
        """`check` raises `ModelError` for a model that the reader cannot use."""
        self._name, self._registry, self._check = name, registry, check
        self._live: LiveModel | None = None
        self._fixed: OpenModel | None = None

    def current(self) -> OpenModel:
        """Raises `ModelError` when it cannot be opened or used."""
        if self._fixed is not None:
            return self._fixed
        if self._live is None:
            registry = Registry(self._registry or models_folder())
            self._live = LiveModel(registry, self._name, check=self._check, clock=SystemClock())
        return self._live.current()

    def fix(self, model: OpenModel) -> None:
        """Use weights that no registry keeps; raises `ModelError` when they are of no use."""
        self._check(model)
        self._fixed = model


def need_head(card: ModelCard, *heads: str) -> None:
    """Raise `ModelError` unless the card names one of the heads."""
    if card.head not in heads:
        raise ModelError(f"{card.id}: head {card.head!r} is of no use; needed: {', '.join(heads)}")
