"""Senses of a camera: only those that its rules name, from their entry points."""

from collections.abc import Iterable, Sequence

from vigil.config.parts import parts_of
from vigil.config.zones import Corners
from vigil.core import Sense

GROUP = "vigil.senses"


def senses(signals: Iterable[str], masks: Sequence[Corners]) -> tuple[Sense, ...]:
    """One new sense for each of the signals that has one, in order of their names.

    A sense is made with `masks`, outlines in fractions of the picture within which it is to look
    at nothing. A signal without a sense comes with every picture, or from a part of its own.
    """
    found = parts_of(GROUP)
    return tuple(
        found[name].load()(masks=tuple(masks)) for name in sorted(set(signals) & set(found))
    )
