"""What people wear, as a detector sees it: where on a person it belongs, and votes on it."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from vigil.core import Box, Scene, Track
from vigil.stages.rules.geometry import covered, distance
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.settings import Labels
from vigil.stages.rules.trails import Trail

Gear = Literal["helmet", "vest", "mask", "glasses", "gloves", "shoes"]

WORN: Mapping[str, tuple[str, ...]] = {
    "helmet": ("helmet", "hardhat", "hard hat", "hard_hat", "safety helmet"),
    "vest": ("vest", "safety vest", "safety_vest", "reflective vest"),
    "mask": ("mask", "face mask"),
    "glasses": ("glasses", "goggles"),
    "gloves": ("gloves", "glove"),
    "shoes": ("shoes", "boots"),
}
"""Usual words for gear that is worn."""
BARE: Mapping[str, tuple[str, ...]] = {
    "helmet": ("no_helmet", "no helmet", "no-helmet", "NO-Hardhat", "no_hardhat"),
    "vest": ("no_vest", "no vest", "no-vest", "NO-Safety Vest"),
    "mask": ("no_mask", "no mask", "NO-Mask"),
    "glasses": ("no_glasses", "no_goggles"),
    "gloves": ("no_gloves",),
    "shoes": ("no_shoes",),
}
"""Usual words of detectors that see what is lacking."""
CHINESE: Mapping[str, str] = {
    "helmet": "安全帽", "vest": "反光背心", "mask": "口罩", "glasses": "护目镜", "gloves": "手套",
    "shoes": "安全鞋",
}  # fmt: skip
PLACES: Mapping[str, tuple[float, float]] = {
    "helmet": (-0.08, 0.28), "mask": (0.0, 0.28), "glasses": (0.0, 0.28), "vest": (0.12, 0.68),
    "gloves": (0.1, 0.8), "shoes": (0.72, 1.08),
}  # fmt: skip
"""Upper and lower end of where the middle of the gear is, in heights of the person."""
ASIDE = 0.1
"""By so much of a person's width gear may be beyond their sides."""
BENT = 0.9
"""Who is wider than so many times their height is bent or lies: gear may be anywhere."""
PUT_ON = 0.4
"""Of the looks that count, so many must find gear for it to be worn again."""
HIDDEN = 0.5
"""Of a head or trunk so much covered by somebody nearer to the camera, nothing is known."""


def belongs(gear: str, thing: Box, person: Box) -> bool:
    """Whether gear is where this person would wear it."""
    x, y = (thing.x1 + thing.x2) / 2, (thing.y1 + thing.y2) / 2
    aside = ASIDE * person.width
    if not person.x1 - aside <= x <= person.x2 + aside or thing.area > 0.6 * person.area:
        return False
    high, low = PLACES[gear] if person.width <= BENT * person.height else (-0.08, 1.08)
    return high <= (y - person.y1) / max(person.height, 1.0) <= low


def place(gear: str, person: Box) -> Box:
    """The part of a person where gear would be seen."""
    high, low = (min(max(end, 0.0), 1.0) for end in PLACES[gear])
    top, height = person.y1, person.height
    return Box(person.x1, top + high * height, person.x2, top + low * height)


def is_shown(gear: str, person: Track, people: Sequence[Track], scene: Scene) -> bool:
    """Whether the camera could see the gear: not beyond the picture's edge, nor behind others."""
    part = place(gear, person.box)
    if PLACES[gear][0] <= 0 and person.box.y1 <= 0.01 * scene.height:
        return False
    if PLACES[gear][1] >= 1 and person.box.y2 >= 0.99 * scene.height:
        return False
    left, low, right = part.x1, person.box.y2, part.x2
    for one in people:
        x1, _, x2, y2 = one.box
        # Most stand further back, or beside.
        before = y2 > low and x1 < right and x2 > left and one.id != person.id
        if before and covered(part, one.box) >= HIDDEN:
            return False
    return True


def wearer(gear: str, thing: Box, people: Sequence[Track]) -> int | None:
    """Track id of the person on whom the gear is best in its place; None when on nobody."""
    middle = ((thing.x1 + thing.x2) / 2, (thing.y1 + thing.y2) / 2)
    fitting = []
    for person in people:
        if belongs(gear, thing, person.box):
            part = place(gear, person.box)
            at = ((part.x1 + part.x2) / 2, (part.y1 + part.y2) / 2)
            fitting.append((distance(middle, at) / max(person.box.height, 1.0), person.id))
    return min(fitting)[1] if fitting else None


def words(known: Mapping[str, tuple[str, ...]], own: Mapping[Gear, Labels], gear: Gear) -> Labels:
    """The words for a kind of gear: the user's, or else the usual ones."""
    return own[gear] if gear in own else known[gear]


@dataclass(kw_only=True)
class Votes:
    """What the looks of the last seconds say of one kind of gear on one person."""

    looks: deque[tuple[float, bool]] = field(default_factory=deque)
    """Lived seconds, and whether it was worn."""
    missing: bool = False
    since_s: float = 0.0
    """When it began to be missing."""
    last_s: float = 0.0
    """When it was last found to be missing."""

    def note(self, moment: Moment, *, worn: bool, over_s: float, fewest: int) -> None:
        """Take in a look that could have shown it; `fewest` are kept, however old."""
        self.looks.append((moment.lived_s, worn))
        while len(self.looks) > fewest and moment.passed(self.looks[1][0], over_s):
            self.looks.popleft()

    def decide(self, moment: Moment, *, over_s: float, inertia: int, most: float) -> None:
        """Begin or end to miss it; between the two, it stays as it was."""
        worn = sum(1 for _, was_worn in self.looks if was_worn)
        share = worn / len(self.looks) if self.looks else 1.0
        long = bool(self.looks) and moment.passed(self.looks[0][0], over_s)
        if not self.missing and long and len(self.looks) - worn >= inertia and share <= most:
            self.missing = True
            self.since_s = moment.time_s - (moment.lived_s - self.looks[0][0])
        elif self.missing and share >= max(PUT_ON, most):
            self.missing = False
            self.looks.clear()
        if self.missing and self.looks[-1][0] == moment.lived_s and not self.looks[-1][1]:
            self.last_s = moment.time_s


@dataclass(slots=True, kw_only=True)
class Worker(Trail):
    """A person, and what is known of their gear."""

    votes: dict[str, Votes] = field(default_factory=dict)
