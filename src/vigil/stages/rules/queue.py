"""Many stand in line."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import part
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import WayPoints, way_over
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.pace import Paced, note_paces
from vigil.stages.rules.settings import Count, Labels, Seconds, Share
from vigil.stages.rules.trails import Trails
from vigil.stages.rules.words import Phrase
from vigil.stages.rules.zone_rule import Finding, ZoneRule

OVER_S = 2.0
"""Seconds over which a speed is taken."""
SERVED = 12
REMEMBERED_S = 1800.0
"""The wait is told from so many of those served last, within so many seconds."""


@dataclass(slots=True, kw_only=True)
class _Person(Paced):
    along: float = 0.0
    """Picture heights from the counter."""
    aside: float = 0.0
    """Picture heights beside the line."""
    waits: bool = False
    """Whether it came to stand in the corridor of the line, and has not left it."""


@part
class Queue(ZoneRule):
    """Fires when at least `number` stand in line for `longer_than_s`.

    The line is drawn from the counter to the tail of the queue, with bends. In the queue is who is
    within `width` of it, slower than `slower_than`, and no further than `gap` from the next one
    towards the counter, or from the counter itself. `counts` tells its length, the greatest
    length and, once two have been served, the wait of the last in seconds: the length times the
    mean time between those who left from its head. Limits: people who hide each other are fewer
    to a detector; who gives up at the head counts as served.
    """

    CLAIM: ClassVar[str] = "The number of {things} waiting in line {where} is {number}."
    CLAIM_ZH: ClassVar[str] = "{where}排队的{label}{number}。"

    name: str = "queue"
    labels: Labels = ("person",)
    line: WayPoints
    """From the counter to the tail: two points or more, fractions of the picture."""
    number: Count = 5
    """So many in line are a long queue."""
    width: Annotated[Share, Field(gt=0)] = 0.1
    """How far beside the line one may stand, as a fraction of the picture's height."""
    gap: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.5
    """Largest distance along the line between neighbours, in heights of the one behind."""
    slower_than: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 0.5
    """Own heights a second: who is faster passes by."""
    longer_than_s: Seconds = 30.0
    grace_s: Seconds = 3.0
    close_s: Seconds = 5.0

    @property
    def number_words(self) -> Phrase:
        return f"at least {self.number}", f"不少于{self.number}"

    def forget(self) -> None:
        super().forget()
        self._people = Trails(_Person, grace_s=self.grace_s)
        self._head: int | None = None
        self._served: deque[float] = deque(maxlen=SERVED)
        self._most = 0

    def find(self, moment: Moment) -> Finding:
        scene = moment.scene
        seen, late_s = self.follow(moment, self._people)
        aspect = scene.width / scene.height
        way = way_over(self.line, aspect)
        feet = digest(scene).feet
        note_paces(seen, moment, OVER_S)
        points = [feet[person.box] for person in seen]
        places = way.places([(x * aspect, y) for x, y in points])
        for person, (along, aside) in zip(seen, places, strict=True):
            person.along, person.aside = along, aside
            near = aside <= self.width and -self.width <= along <= way.length
            person.waits = near and (person.waits or self._is_slow(person))
        queue = self._in_line(moment)
        self._count_served(queue, moment)
        length = len(queue)
        self._most = max(self._most, length) if self._holding.on else length
        counts = {"length": length, "most": self._most, **self._wait(length)}
        return Finding(holds=length >= self.number, members=queue, counts=counts, late_s=late_s)

    def _is_slow(self, person: _Person) -> bool:
        # Who has just come is believed to pass by until known better.
        speed = person.speed(OVER_S)
        return speed is not None and speed < self.slower_than

    def _in_line(self, moment: Moment) -> list[_Person]:
        """Those in the queue, from the counter on."""
        height = moment.scene.height
        waiting = self.inside(moment, [one for one in self._people if one.waits])
        queue: list[_Person] = []
        reached = 0.0
        for one in sorted(waiting, key=lambda one: one.along):
            if one.along - reached > self.gap * one.box.height / height:
                break
            queue.append(one)
            reached = one.along
        return queue

    def _count_served(self, queue: Sequence[_Person], moment: Moment) -> None:
        """Who was at the head and is now out of line has been served."""
        known = {one.number for one in queue}
        if self._head is not None and self._head not in known:
            self._served.append(moment.lived_s)
        self._head = queue[0].number if queue else None
        while self._served and moment.passed(self._served[0], REMEMBERED_S):
            self._served.popleft()

    def _wait(self, length: int) -> dict[str, int]:
        if len(self._served) < 2:
            return {}
        between_s = (self._served[-1] - self._served[0]) / (len(self._served) - 1)
        return {"wait_s": round(length * between_s)}
