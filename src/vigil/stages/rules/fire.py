"""Something burns."""

from typing import ClassVar, Literal

from vigil.core import part
from vigil.stages.rules.plume_rule import PlumeRule
from vigil.stages.rules.settings import Labels, Share


@part
class Fire(PlumeRule):
    """Fires when flames burn in one place for `longer_than_s`.

    A flame is what a detector calls `fire` or `flame`, or a region of the colour of fire that
    shines, flickers and keeps its place. It is told at once, before anybody judges it: who waits
    for a verdict has a larger fire. The event begins when it was first seen so and ends when it
    was not for `close_s`. Limits: without a detector that knows fire, flames must be some 1/30 of
    the picture wide, in colour (not by infrared at night), and seen at 8 pictures a second or
    more; somebody in orange who jumps on the spot, or a moving camera, is taken for it.
    """

    KIND: ClassVar[Literal["fire", "smoke"]] = "fire"
    CLAIM: ClassVar[str] = "Something burns with flames {where}."
    CLAIM_ZH: ClassVar[str] = "{where}有明火。"

    name: str = "fire"
    labels: Labels = ("fire", "flame")
    critical: bool = True
    flicker: Share = 0.27
