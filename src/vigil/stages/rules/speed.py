"""Something is faster, or slower, than it should be, in kilometres an hour."""

from collections import deque
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Rung, Step, part
from vigil.core.stats import Measure
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import Line, Zone
from vigil.stages.rules.ground import Ground
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels
from vigil.stages.rules.speed_gauge import Gauge, GroundGauge, LineGauge, Reading, Timed
from vigil.stages.rules.stopped_vehicle import VEHICLES
from vigil.stages.rules.trails import Trails
from vigil.stages.rules.words import Phrase

LOST_S = 1.0
"""A track lost and found under a new id in its place within this time goes on."""
KMH = 3.6
"""Kilometres an hour in a metre a second."""
MOST_MEASURED = 1000
"""Of the speeds that nobody has asked for, so many are kept."""
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@part
class Speed(SceneRule):
    """Fires when a thing took too little, or too much, time over `distance_m`.

    Either two `lines` that are `distance_m` apart: one measurement, and one event, a passage. Or
    four points of `ground`, corners in order of a rectangle of `width_m` (from the first to the
    second) by `length_m` on the ground: a measurement every `distance_m`, and an event from the
    first too fast to the last. `counts` tells the speed, of several the one furthest off the
    limit. Limits: as exact as the distance is known and the foot of the box is seen; give a
    passage a second or more (the looks are a few a second); who stops on the way is timed anew.
    """

    CLAIM: ClassVar[str] = "{Thing} moves {number} {where}."
    CLAIM_ZH: ClassVar[str] = "{where}{label}的速度{number}。"

    name: str = "speed"
    labels: Labels = VEHICLES
    inertia: Count = 2
    """In so many looks it must be found on the way."""
    distance_m: Annotated[float, Field(ge=0.1, allow_inf_nan=False)]
    """Metres from line to line, or over which the speed is taken on the ground."""
    lines: tuple[Line, Line] | None = None
    """Two lines across the way."""
    ground: Zone | None = None
    """Four corners, in the picture, of a rectangle on the ground; things count within it."""
    width_m: Positive | None = None
    """Metres from the first corner to the second."""
    length_m: Positive | None = None
    """Metres from the second corner to the third."""
    faster_than_kmh: Positive | None = None
    slower_than_kmh: Positive | None = None
    """What is faster, or slower, is told; one of the two is needed."""

    def __post_init__(self) -> None:
        if (self.faster_than_kmh is None) == (self.slower_than_kmh is None):
            raise ValueError("allowed: either faster_than_kmh or slower_than_kmh")
        if (self.lines is None) == (self.ground is None):
            raise ValueError("allowed: either lines or ground")
        if self.ground is not None:
            if len(self.ground) != 4:
                raise ValueError(f"ground: found {len(self.ground)} corners; allowed: 4")
            if self.width_m is None or self.length_m is None:
                raise ValueError("ground: allowed with width_m and length_m of its rectangle")
            self.zone = self.zone or self.ground
        self._gauge = self._made_gauge()
        super().__post_init__()

    @property
    def needs(self) -> Rung:
        # It may be through between two key frames.
        return Rung.LUMA

    def forget(self) -> None:
        self._timed = Trails(Timed, grace_s=LOST_S)
        self._worst: dict[int, float] = {}
        self._measured: deque[Measure] = deque(maxlen=MOST_MEASURED)

    def measured(self) -> list[Measure]:
        """What was measured since it was last asked, within the limit or not."""
        found = list(self._measured)
        self._measured.clear()
        return found

    def judge(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        tracks = self.counted(scene, self._timed)
        things = self._timed.see(moment, tracks)
        feet = digest(scene).feet_of(tracks)
        steps: list[Step] = []
        for thing, reading in self._gauge.read(things, feet, moment):
            if reading.looks >= self.inertia:
                inside = self.stands_inside(thing.box, scene)
                if inside:
                    self._measured.append(Measure(thing.label, reading.metres_a_second * KMH))
                steps += self._judge_reading(thing, reading, moment, inside=inside)
        for thing in self._timed.lost(moment):
            steps += self._end(thing, moment)
        return steps

    def _judge_reading(
        self, thing: Timed, reading: Reading, moment: Moment, *, inside: bool
    ) -> list[Step]:
        speed_kmh = reading.metres_a_second * KMH
        if not (inside and self._is_off(speed_kmh)):
            return self._end(thing, moment)
        worse = max if self.slower_than_kmh is None else min
        worst = worse(speed_kmh, self._worst.get(thing.number, speed_kmh))
        self._worst[thing.number] = worst
        sighting = self.sighting(
            start_s=reading.start_s,
            end_s=reading.end_s,
            label=thing.label,
            box=thing.box,
            track_ids=thing.ids,
            number=self.limit_words,
            counts={"km_h": round(worst)},
        )
        steps = self._lives.hold(thing.number, moment, sighting)
        return steps + self._end(thing, moment) if self.lines is not None else steps

    def _end(self, thing: Timed, moment: Moment) -> list[Step]:
        self._worst.pop(thing.number, None)
        return self._lives.end(thing.number, moment)

    def _is_off(self, speed_kmh: float) -> bool:
        if self.faster_than_kmh is not None:
            return speed_kmh > self.faster_than_kmh
        return self.slower_than_kmh is not None and speed_kmh < self.slower_than_kmh

    @property
    def limit_words(self) -> Phrase:
        """The limit in English and in Chinese."""
        if self.faster_than_kmh is not None:
            limit = f"{self.faster_than_kmh:g}"
            return f"faster than {limit} km/h", f"超过{limit}公里/小时"
        limit = f"{self.slower_than_kmh:g}"
        return f"slower than {limit} km/h", f"低于{limit}公里/小时"

    def _made_gauge(self) -> Gauge:
        if self.lines is not None:
            return LineGauge(self.lines, self.distance_m)
        assert self.ground is not None
        assert self.width_m is not None
        assert self.length_m is not None
        ground = Ground(self.ground, width_m=self.width_m, length_m=self.length_m)
        return GroundGauge(ground, self.distance_m)
