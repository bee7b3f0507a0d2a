"""Events that are only suspected: a judge sees them, people only what that judge confirms."""

from collections.abc import Sequence
from dataclasses import replace

from vigil.core import Step


def quiet(steps: Sequence[Step]) -> list[Step]:
    """Steps of suspicions, which alert nobody by themselves."""
    return [
        replace(step, event=replace(step.event, suspected=True, critical=False)) for step in steps
    ]
