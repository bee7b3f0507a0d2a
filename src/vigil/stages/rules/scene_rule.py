"""What rules about things in the picture have in common."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import field
from math import inf

from vigil.core import Box, Rung, Scene, Severity, Step, Track, part
from vigil.stages.rules.digest import Places, choice_of, digest
from vigil.stages.rules.geometry import Zone, area_of
from vigil.stages.rules.life import NONE_COUNTED, Lives, Sighting
from vigil.stages.rules.moment import Lifetime, Moment
from vigil.stages.rules.settings import Count, Labels, RuleSettings, Share
from vigil.stages.rules.sub_labels import SubLabels, fits
from vigil.stages.rules.trails import Trails, TrailT
from vigil.stages.rules.words import Phrase

MOST_CLAIMS = 64
"""So many are remembered, which most rules never have."""


@part
class SceneRule(RuleSettings, ABC):
    """Settings and frame of a rule about things in the picture.

    A rule writes `judge`, called once for each scene that says anything about the picture, and
    `forget`, which makes its memory anew.
    """

    labels: Labels = ()
    """Words of the things meant; empty: any."""
    zone: Zone | None = None
    """Where a thing must stand; None: anywhere."""
    inertia: Count = 3
    """In how many looks a thing must be found so before it counts."""
    min_score: Share = 0.5
    """A thing must have been found at least this surely."""
    min_size: Share = 0.0
    """Smallest height of a thing, as a fraction of the picture's height."""
    max_size: Share = 1.0
    """Largest height of a thing, as a fraction of the picture's height."""
    readings: SubLabels = field(default_factory=dict)
    """What readers must have found out about a thing, such as `{colour: red}`; empty: anything."""

    def __post_init__(self) -> None:
        self._area = area_of(self.zone)
        self._choice = choice_of(self.labels, self.min_score)
        self._choosy = bool(self.readings) or self.min_size > 0.0 or self.max_size < 1.0
        """Whether more is asked of a thing than its label and its score."""
        self._lives = Lives(self)
        self._lifetime = Lifetime()
        self._last: Moment | None = None
        self._said: dict[tuple[str, float, Phrase, Phrase], Phrase] = {}
        self.forget()

    @property
    def needs(self) -> Rung:
        return Rung.KEYFRAME

    @property
    def wants(self) -> frozenset[str]:
        return frozenset(self.labels)

    def update(self, scene: Scene) -> list[Step]:
        # Nobody saw a picture: such a scene tells of the camera, at the clock's time, which runs
        # ahead of the pictures'.
        nobody_looked = not scene.looked and scene.signals is None
        if nobody_looked or scene.width <= 0 or scene.height <= 0:
            return []
        moment = self._last = self._lifetime.at(scene)
        if self.schedule is None:
            return self.judge(moment)
        return self._lives.tick(moment) + self.judge(moment)

    def close(self, time_s: float) -> list[Step]:
        steps = self._lives.end_all(time_s)
        self._lives = Lives(self)
        self._lifetime = Lifetime()
        self._last = None
        self.forget()
        return steps

    def dismiss(self, event_id: str, *, for_good: bool = False) -> list[Step]:
        """End an open event, for somebody says that it is of no concern.

        Nothing more is told of the same thing until it is over. `for_good` means something to
        rules with places that are left alone.
        """
        key = self._lives.key_of(event_id)
        if key is None or self._last is None:
            return []
        return self._lives.dismiss(key, self._last)

    @abstractmethod
    def judge(self, moment: Moment) -> list[Step]:
        """Say what holds and what has ended."""

    @abstractmethod
    def forget(self) -> None:
        """Start with an empty memory."""

    def seen(self, scene: Scene) -> list[Track]:
        """Things of the right labels and size, measured at this very moment; any score."""
        found: list[Track] = digest(scene).chosen(self._choice)[0]
        return self._fitting(found, scene) if self._choosy else found

    def left_out(self, scene: Scene) -> list[Track]:
        """Things of the right labels that a look did not show, believed to be where they were."""
        labels, believed = self.labels, digest(scene).believed
        if not believed:
            return believed
        return [
            track
            for track in believed
            if (not labels or track.label in labels) and fits(track, self.readings)
        ]

    def counted(self, scene: Scene, trails: Trails[TrailT]) -> list[Track]:
        """Of the seen, those sure enough. Who once was is followed while it is seen at all."""
        seen: list[Track]
        seen, all_sure = digest(scene).chosen(self._choice)
        if self._choosy:
            seen = self._fitting(seen, scene)
        if all_sure or not seen:
            return seen
        return [track for track in seen if track.score >= self.min_score or trails.knows(track.id)]

    def _fitting(self, tracks: list[Track], scene: Scene) -> list[Track]:
        """Those of the right size of which readers have found out what is asked."""
        if self.readings:
            tracks = [track for track in tracks if fits(track, self.readings)]
        if self.min_size <= 0.0 and self.max_size >= 1.0:
            return tracks
        # Who is higher than the picture has its height.
        least, most = self.min_size, self.max_size if self.max_size < 1.0 else inf
        boxes = [track.box for track in tracks]
        shares = [(low - top) / scene.height for _, top, _, low in boxes]
        fitting = [
            track for track, share in zip(tracks, shares, strict=True) if least <= share <= most
        ]
        # Several rules follow the same list, which knows what they ask of it.
        return tracks if len(fitting) == len(tracks) else fitting

    def places(self, scene: Scene) -> Places:
        """By box, whether a thing stands in the zone; rules of the same zone share it."""
        return digest(scene).places(self._area)

    def stands_inside(self, box: Box, scene: Scene) -> bool:
        """Whether a thing stands in the zone."""
        return self.places(scene)[box]

    def sighting(
        self,
        *,
        start_s: float,
        end_s: float,
        label: str,
        box: Box,
        track_ids: Iterable[int] = (),
        seconds: float = 0.0,
        number: Phrase = ("", ""),
        what: Phrase = ("", ""),
        counts: Mapping[str, int] | None = None,
        severity: Severity | None = None,
        by: int | None = None,
    ) -> Sighting:
        """A sighting that claims what this rule claims."""
        return Sighting(
            start_s,
            end_s,
            self._claims_of(label, seconds, number, what),
            label,
            box,
            tuple(track_ids),
            severity=severity,
            counts=counts or NONE_COUNTED,
            by=by,
        )

    def _claims_of(self, label: str, seconds: float, number: Phrase, what: Phrase) -> Phrase:
        """The claims, which say the same at each look."""
        told = (label, seconds, number, what)
        said = self._said.get(told)
        if said is None:
            said = self.claims(
                label=label, whole=self.zone is None, seconds=seconds, number=number, what=what
            )
            if len(self._said) >= MOST_CLAIMS:
                self._said.clear()
            self._said[told] = said
        return said
