"""Telling who stands from who is on the ground, by boxes and by what a reader says of a posture."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from vigil.core import Box, Scene, Track, may_be_one
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import distance
from vigil.stages.rules.moment import ROUNDING_S, Moment
from vigil.stages.rules.trails import Trail, Trails

POSTURE = "posture"
"""Kind of the readings that tell how somebody holds themselves."""
LYING = "lying"
SURE = 0.5
"""A reading below it is no reading."""
UPRIGHT = 0.6
"""Width over height of somebody who stands with their legs apart; who walks has less."""
UP_AGAIN = 0.75
"""Who reaches this share of their standing height is up again."""
BEFORE_S = 1.5
"""How they held themselves so long before a fall is remembered: who kneels first has not stood."""
TALL = 0.9
"""Who has this share of the standing height has not begun to go down."""
STRAYED = 1.5
"""Own standing heights: who is further from where they stood has walked, not fallen."""
SINK_S, SINKING, STEADY = 0.4, 0.04, 0.4
"""Who walks out below sinks by so much of their height in so many seconds, and in the same time
before by no less than this share of it, or as much more."""
SINKS_S, SINKS = 0.6, 0.06
"""Who begins to fall gets lower by so much of their height in so many seconds, head first."""
NARROW = 0.7
"""Own heights, with the legs that an edge has cut off since: who falls is mostly wider at some
moment of it."""
FAR = 1.0
"""Own heights from who was lost to who is found on the ground, beyond which it is another."""
LOW_DROP = 0.6
LOW_HEIGHT = 0.45
LOW_SHAPE = 2.1
"""Who bends, crouches or sits keeps the head at half their height, in a box not much wider than
high: lower or wider than that is the ground. The shape is width over height, over the height as a
share of the standing height. (Picking up in UP-Fall: drops to .55, heights from .50, shapes to
2.06.)"""

WORDS = 2
"""A reader that is wrong is seldom wrong twice."""
HALF_STEP_S = 0.25
"""When somebody came to lie is taken to be half-way between two looks, of two or more a second;
between looks further apart they might have sat down first."""


def postures_in(scene: Scene) -> dict[int, str]:
    """The words of a reader, by track id, where it is sure."""
    return {
        track.id: reading.word
        for track in digest(scene).read
        # Of several the first is told.
        for reading in reversed(track.readings)
        if reading.kind == POSTURE and reading.score >= SURE
    }


def aspect(box: Box) -> float:
    """Width over height."""
    x1, y1, x2, y2 = box
    high = y2 - y1
    return (x2 - x1) / (high if high > 1.0 else 1.0)


@dataclass(slots=True, kw_only=True)
class Body(Trail):
    """Somebody, and how they held themselves lately."""

    looks: list[tuple[float, Box]] = field(default_factory=list)
    """Lived seconds and boxes within the time that a fall may take, and some before."""
    shape: float = 0.0
    """Width over height of the last of them."""
    stood: Box | None = None
    """Their box before they went down; None while they are not down."""
    tall_lived_s: float = 0.0
    """When they were last seen about as high as they stood before they went down."""
    last_upright: Box | None = None
    """When they were last seen upright before they went down."""
    widest: float = 0.0
    """Pixels: their widest box since then."""
    said_lying: int = 0
    """Looks since then of which a reader said so."""
    denied: int = 0
    """Looks in a row of which a reader said that they do not lie."""
    low: bool = False
    """Whether, no later after that than a fall takes, they were lower than anybody who bends,
    crouches or sits."""

    @property
    def height(self) -> float:
        """Their own, as far as it was seen lately, pixels."""
        return max([1.0, self.box.height, *(box.height for _, box in self.looks)])

    def is_down(
        self, moment: Moment, drop: float, wide: float, within_s: float, posture: str
    ) -> bool:
        """Whether they went down within a moment and have not come up since.

        `posture`, where it is not empty, decides instead of the shape of the box.
        """
        if self.stood is None and not posture and self.shape <= wide:
            self.denied = 0  # as nearly everybody is
            return False
        self.denied = self.denied + 1 if posture not in ("", LYING) else 0
        if self.denied and self._is_mistaken():
            posture = ""
        bent = posture == LYING or (not posture and self.shape > wide)
        if self.stood is None and bent:
            self.stood, self.low, self.said_lying = self._before(drop), False, 0
            self.widest = 0.0
        elif self.stood is not None:
            up = not bent and self.box.height >= UP_AGAIN * self.stood.height
            self.stood = None if up or self._far(self.stood) else self.stood
        if self.stood is None or not bent:
            return False
        self.widest = max(self.widest, self.box.width)
        if self._fell_at_once() or not moment.passed(self.tall_lived_s, within_s + self._late_s()):
            self.said_lying += posture == LYING
            # A word and a box that agree are two witnesses, as two words are.
            self.low = self.low or self.said_lying >= WORDS or self._is_low(self.stood)
        return True

    def walks_out(self, edge: float) -> bool:
        """Whether they seem to leave the picture at its lower `edge`, pixels.

        Their feet were beyond it while they were upright, and the head sinks as it did before, in
        a box that has not been much wider: a fall begins and ends at once.
        """
        if self.stood is None or self.last_upright is None or self.last_upright.y2 < edge:
            return False
        now_s, now = self.looks[-1]
        tops = [now.y1, self._top_at(now_s - SINK_S), self._top_at(now_s - 2 * SINK_S)]
        slower, faster = sorted((tops[0] - tops[1], tops[1] - tops[2]))
        steady = slower > SINKING * self.height and slower >= STEADY * faster
        return steady and self.widest < NARROW * self.height

    def _is_mistaken(self) -> bool:
        """Whether a word that denies it is one of few, against a box that is on the ground."""
        lies = self.stood is not None and self.low and self._is_low(self.stood)
        return lies and self.denied < WORDS

    def _late_s(self) -> float:
        """For how long they may have been as this look found them."""
        if len(self.looks) < 2:
            return 0.0
        return min((self.looks[-1][0] - self.looks[-2][0]) / 2, HALF_STEP_S)

    def _fell_at_once(self) -> bool:
        """Whether the look before this one, however long ago, found them tall."""
        return len(self.looks) > 1 and self.looks[-2][0] <= self.tall_lived_s

    def sinks(self) -> bool:
        """Whether their head comes down, and not because they walk towards the camera."""
        now_s, (_, top, _, low) = self.looks[-1]
        for then_s, (_, then_top, _, then_low) in self.looks[-2::-1]:
            if now_s - then_s > SINKS_S + ROUNDING_S:
                break
            if top <= then_top:
                continue
            height = then_low - then_top
            least = SINKS * height
            if top - then_top > least and height - (low - top) > least:
                return True
        return False

    def _top_at(self, lived_s: float) -> float:
        """Where the head was at a time, between two looks or at the first one known."""
        later_s, later = self.looks[-1]
        for then_s, then in reversed(self.looks):
            if then_s <= lived_s:
                part = (lived_s - then_s) / (later_s - then_s) if later_s > then_s else 0.0
                return then.y1 + part * (later.y1 - then.y1)
            later_s, later = then_s, then
        return later.y1

    def _before(self, drop: float) -> Box | None:
        """How they stood before their head dropped; None where it did not."""
        stood = [box for _, box in self.looks if aspect(box) <= UPRIGHT]
        if not stood:
            return None
        highest = min(stood, key=lambda box: box.y1)
        dropped = self.box.y1 - highest.y1 > drop * highest.height
        if not dropped or self._far(highest):
            return None
        tall = (then_s for then_s, box in self.looks if box.height >= TALL * highest.height)
        self.tall_lived_s, self.last_upright = max(tall), stood[-1]
        return highest

    def _is_low(self, stood: Box) -> bool:
        share = max(self.box.height, 1.0) / stood.height
        return (
            self.box.y1 - stood.y1 >= LOW_DROP * stood.height
            or share <= LOW_HEIGHT
            or self.shape >= LOW_SHAPE * share
        )

    def _far(self, stood: Box) -> bool:
        return distance(self.box.foot, stood.foot) > STRAYED * stood.height


def note_looks(bodies: Iterable[Body], moment: Moment, within_s: float) -> None:
    """Take in a look that found these, for falls that take `within_s`."""
    lived_s, kept_s = moment.lived_s, within_s + BEFORE_S - ROUNDING_S
    for body in bodies:
        looks, box = body.looks, body.box
        looks.append((lived_s, box))
        # As `aspect` says, of everybody at each look.
        high = box[3] - box[1]
        body.shape = (box[2] - box[0]) / (high if high > 1.0 else 1.0)
        while lived_s - looks[0][0] >= kept_s and len(looks) > 1:
            del looks[0]


BodyT = TypeVar("BodyT", bound=Body)


class Bodies(Trails[BodyT]):
    """Trails in which who was lost while falling is found again on the ground.

    A detector loses a person in mid-fall, and finds another where the first one came to lie: lower
    and wider than who was lost, and within their height.
    """

    def _heir(self, track: Track, moment: Moment, taken: set[int]) -> BodyT | None:
        heir = super()._heir(track, moment, taken)
        if heir is not None or not moment.scene.looked or aspect(track.box) <= UPRIGHT:
            return heir
        lost = [
            (distance(body.box.foot, track.box.foot) / body.height, body)
            for body in self
            if body.number not in taken
            and may_be_one(body.label, track.label)
            and track.box.y1 > body.box.y1
        ]
        far, body = min(lost, key=lambda pair: pair[0], default=(FAR, None))
        return body if far < FAR else None
