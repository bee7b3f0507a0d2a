"""Nobody is where somebody should be."""

from typing import ClassVar

from vigil.core import Rung, part
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Labels, Seconds
from vigil.stages.rules.trails import Trail, Trails
from vigil.stages.rules.zone_rule import Finding, ZoneRule


@part
class Absence(ZoneRule):
    """Fires when looks have found nobody in the zone for `longer_than_s`.

    The event begins when the post was last held, with the first look, or with the hours of the
    post, which are its `schedule`; it ends when somebody has been there for `close_s`. Without
    a picture nobody is absent. Limits: whom the detector misses for `grace_s` counts as away;
    who passes through the zone holds the post.
    """

    CLAIM: ClassVar[str] = "There are no {things} {where}, for longer than {seconds} seconds."
    CLAIM_ZH: ClassVar[str] = "{where}超过{seconds}秒没有{label}。"

    name: str = "absence"
    labels: Labels = ("person",)
    longer_than_s: Seconds = 300.0
    grace_s: Seconds = 3.0
    close_s: Seconds = 1.0

    @property
    def needs(self) -> Rung:
        # An empty post moves nothing that could wake the camera.
        return Rung.DETECT

    def forget(self) -> None:
        super().forget()
        self._things = Trails(Trail, grace_s=self.grace_s)

    def find(self, moment: Moment) -> Finding:
        _, late_s = self.follow(moment, self._things)
        # Who is late is late from the beginning of the hours on, not from the night before.
        on_duty = self._lives.active
        holds = on_duty and not self.inside(moment, self._things)
        return Finding(holds=holds, late_s=late_s)
