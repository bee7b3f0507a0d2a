"""As many things as you say are where you say, for as long as you say."""

from collections.abc import Callable
from dataclasses import replace
from operator import eq, ge, gt, le, lt
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from vigil.core import Rung, part
from vigil.stages.rules.cells import Cells
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Labels, Seconds, Share
from vigil.stages.rules.trails import Trail, Trails
from vigil.stages.rules.words import Phrase
from vigil.stages.rules.zone_rule import Finding, ZoneRule

SPELLINGS = {
    "≤": "<=", "≥": ">=", "==": "=", "fewer than": "<", "at most": "<=", "exactly": "=",
    "at least": ">=", "more than": ">",
}  # fmt: skip
COMPARE: dict[str, tuple[Callable[[float, float], bool], Phrase]] = {
    "<": (lt, ("fewer than {}", "少于{}")),
    "<=": (le, ("at most {}", "不超过{}")),
    "=": (eq, ("exactly {}", "恰为{}")),
    ">=": (ge, ("at least {}", "不少于{}")),
    ">": (gt, ("more than {}", "多于{}")),
}
Compare = Annotated[
    Literal["<", "<=", "=", ">=", ">"],
    BeforeValidator(lambda value: SPELLINGS.get(value, value) if isinstance(value, str) else value),
]
"""A sign, or words such as `at least`."""


FULL = "The share of the zone that {things} cover is {number}."
FULL_ZH = "标记区域被{label}占用的比例{number}。"


@part
class Count(ZoneRule):
    """Fires while the number of things in the zone compares to `number` as said.

    The rule to build one's own from: label, zone, comparison, how long, schedule and claim are
    all settings. With `share_of_zone` it is how full the zone is that counts. The event begins
    when the number came to be so and ends when it was not for `close_s`. Limits: things that hide
    each other are fewer to a detector than they are; who hides for longer than `grace_s` is not
    counted; boxes cover more of a zone than the things in them.
    """

    CLAIM: ClassVar[str] = "The number of {things} {where} is {number}."
    CLAIM_ZH: ClassVar[str] = "{where}{label}的数量{number}。"

    name: str = "count"
    labels: Labels = ("person",)
    compare: Compare = ">="
    number: Annotated[int, Field(ge=0)] = 1
    """What the things in the zone are compared to."""
    share_of_zone: Share | None = None
    """Compared to this instead is how much of the zone boxes cover, 0 to 1; None: the number is.
    `counts.percent` tells it.
    """
    longer_than_s: Seconds = 5.0

    def __post_init__(self) -> None:
        if self.compare == "<" and self.number == 0:
            raise ValueError("compare: nothing is ever fewer than 0; allowed: a number from 1 on")
        super().__post_init__()
        self._cells = Cells(self.zone)

    @property
    def needs(self) -> Rung:
        # An empty zone moves nothing that could wake the camera.
        return Rung.DETECT if self._holds(0) else Rung.KEYFRAME

    @property
    def number_words(self) -> Phrase:
        english, chinese = COMPARE[self.compare][1]
        if self.share_of_zone is not None:
            percent = f"{100 * self.share_of_zone:g} %"
            return english.format(percent), chinese.format(percent)
        return english.format(self.number), chinese.format(self.number)

    def forget(self) -> None:
        super().forget()
        self._things = Trails(Trail, grace_s=self.grace_s)

    def find(self, moment: Moment) -> Finding:
        _, late_s = self.follow(moment, self._things)
        if self.share_of_zone is not None:
            return self._how_full(moment, late_s)
        members = self.inside(moment, self._things)
        count = len(members)
        return Finding(
            holds=self._holds(count), members=members, counts={"count": count}, late_s=late_s
        )

    def _how_full(self, moment: Moment, late_s: float) -> Finding:
        scene = moment.scene
        members = [thing for thing in self._things if self._cells.touch(thing.box, scene)]
        share = self._cells.covered([thing.box for thing in members], scene)
        counts = {"count": len(members), "percent": round(100 * share)}
        return Finding(holds=self._holds(share), members=members, counts=counts, late_s=late_s)

    def _holds(self, found: float) -> bool:
        wanted = self.number if self.share_of_zone is None else self.share_of_zone
        return COMPARE[self.compare][0](found, wanted)

    def claims(self, **told: Any) -> Phrase:
        """The claim in English and in Chinese."""
        if self.share_of_zone is None or self.claim is not None:
            return super().claims(**told)
        return replace(self, claim=FULL, claim_zh=FULL_ZH).claims(**told)
