"""All that a second look gathers of one case, ready to be scored."""

from collections.abc import Sequence
from dataclasses import dataclass

from vigil.core import Case, Clock, Ruling, SourceLost
from vigil.stages.verify.features import Features, of_what_moves, of_what_rests
from vigil.stages.verify.looking import Find, Looker, features, finds
from vigil.stages.verify.meaning import BAGS, PEOPLE, VEHICLES, Family, family_of, wanted
from vigil.stages.verify.owner import nobody_brought, of_the_owner
from vigil.stages.verify.paths import path_of, resting
from vigil.stages.verify.pool import Stop
from vigil.stages.verify.reasons import Words
from vigil.stages.verify.reel import AT_REST_S, CLEAR_S, read
from vigil.stages.verify.scoring import Score, fitted_scores
from vigil.stages.verify.trace import follow

NAMES: tuple[tuple[frozenset[str], Words], ...] = (
    (PEOPLE | VEHICLES, ("a person or vehicle", "人或车辆")),
    (PEOPLE, ("a person", "人")),
    (VEHICLES, ("a vehicle", "车辆")),
    (BAGS, ("a bag", "包")),
)
"""What people call what is looked for; the first that fits."""


CLEAR = 0.5
"""A score from which on a find is taken at its word."""
SOLID = 0.1
"""Likelihood by pixels alone from which on there is something that a detector might not know."""
SEVERAL, MOST_OF = 3, 0.75
"""Looks, and share of the looks, at which a thing must be found to be there beyond doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was measured and found."""

    family: Family
    features: Features
    finds: Sequence[Find]
    """Empty when no detector looked."""
    what: Words
    """What it looked for, in English and Chinese."""
    tells: bool
    """Whether anything was seen at all that could prove or disprove the claim."""
    frames_s: float
    """Spent on reading pictures."""

    @property
    def proven(self) -> bool:
        """Whether the detector saw it clearly at any moment: then nothing speaks it away.

        Or, of what was left, somebody beside its place as it came.
        """
        brought = self.features.get("brought", 0.0) >= CLEAR
        return brought or any(find.wanted >= CLEAR for find in self.finds)

    @property
    def persists(self) -> bool:
        """Whether it was found at several moments, and missed at few.

        Not so where an animal was seen at any of them: from the front, a dog is taken for a person.
        """
        if any(find.animal > 0 for find in self.finds):
            return False
        hits = [find.wanted >= CLEAR for find in self.finds]
        return sum(hits) >= SEVERAL and sum(hits) >= MOST_OF * len(hits)

    @property
    def blind(self) -> bool:
        """Whether the detector looked, and at most moments knew nothing of what is there.

        Neither what is wanted, nor an animal, nor furniture, nor clearly a person, a vehicle or a
        bag: what it names as anything else, such as a car from above as a telephone, it mistakes.
        """
        knew = [
            find.wanted > 0
            or find.animal > 0
            or find.standing
            or (find.other >= CLEAR and find.other_label in PEOPLE | VEHICLES | BAGS)
            for find in self.finds
        ]
        return bool(knew) and 2 * sum(knew) < len(knew)

    @property
    def by(self) -> str:
        """The model that looked, for the record."""
        return f"+{self.finds[0].card}" if self.finds and self.finds[0].card else ""


def evidence(
    case: Case, stop: Stop, looker: Looker | None, *, looks: int, picture_px: int, clock: Clock
) -> Evidence:
    """Read the clip, follow the thing, and have it looked at. Raises `SourceError`."""
    began_s = clock.monotonic_s()
    wants, family = wanted(case), family_of(case)
    left = family == "left"
    path = resting(case.event) if left else path_of(case.event)
    reel = read(
        case,
        stop,
        still_px=picture_px if looker else 0,
        clear_s=AT_REST_S if left else CLEAR_S,
        coming=left,
    )
    if not reel.shots:
        raise SourceLost("the clip shows nothing of the event")
    frames_s = clock.monotonic_s() - began_s
    trace = follow(reel, path)
    stop.check()
    found = finds(looker, reel, trace, path, wants, most=looks) if looker else []
    measured = of_what_rests(trace) if left else of_what_moves(trace)
    if left:
        measured |= of_the_owner(case.event, reel, path, looker)
    return Evidence(
        family=family,
        features=measured | features(found, measured["visible"]),
        finds=found,
        what=_called(wants),
        # A thing that lay there when the clip began shows no change, and need not be new.
        tells=bool(trace.sights) or (bool(found) and not left),
        frames_s=frames_s,
    )


def heeding(ruling: Ruling, *, proven: bool, persists: bool, doubted: bool = False) -> Ruling:
    """What a score rules, once a detector's plain word has been heard.

    `doubted`: it was blind to what is there, and pixels alone speak for something solid.
    """
    if ruling is Ruling.REJECTED:
        return Ruling.UNSURE if proven or doubted else ruling
    return Ruling.CONFIRMED if persists else ruling


def score_for(seen: Evidence) -> Score:
    """The score that was fitted for such evidence."""
    return fitted_scores()[f"{seen.family}/{'model' if seen.finds else 'pixels'}"]


def doubted(seen: Evidence) -> bool:
    """Whether a detector was blind to what pixels alone do not speak away.

    It may not know such a thing, but then it is one that somebody brought.
    """
    if not seen.blind or nobody_brought(seen.features):
        return False
    pixels = fitted_scores()[f"{seen.family}/pixels"]
    return pixels.likelihood(seen.features) >= SOLID


def _called(wants: frozenset[str]) -> Words:
    for words, names in NAMES:
        if wants == words:
            return names
    listed = ", ".join(sorted(wants - PEOPLE - VEHICLES - BAGS or wants))
    return f"a {listed}", listed
