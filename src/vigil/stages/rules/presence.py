"""Somebody or something is there."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from vigil.core import Scene, Step, Track, part
from vigil.stages.rules.before import Before
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import Zone
from vigil.stages.rules.life import Sighting
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.occupancy import Occupancy
from vigil.stages.rules.scene_rule import SceneRule
from vigil.stages.rules.settings import Count, Labels, Seconds
from vigil.stages.rules.stays import Stays
from vigil.stages.rules.trails import Trail, Trails

SHOWN_LATE_S = 2.0
"""A tracker may hold back a new track until it is sure, but no longer than this."""


@dataclass(slots=True, kw_only=True)
class _Visitor(Trail):
    occupancy: Occupancy


@part
class Presence(SceneRule):
    """Fires when a thing stands in the zone in `inertia` of `within` looks.

    One event lasts as long as anyone is there, whoever it is (`per: track`: one event for each).
    It ends when nobody was found for `close_s` while somebody looked. Start and end are the
    first and the last hit. What rests and is found again in its place, or one of its kind, is not
    told anew until it moves, unless the place was seen empty for `back_s`: a parked car that a
    detector loses, or that somebody hides, is no news. Limits: who passes between two looks is
    not seen; who moves and is hidden for longer than `close_s` comes anew (a `cool_down_s`
    helps). With `moved` only those count who
    were seen to move, which parked and fixed things never were; with `after` only those who come
    from another zone.
    """

    name: str = "presence"
    labels: Labels = ("person", "object")
    within: Count = 5
    """Of so many looks, `inertia` must find something for an event to begin."""
    close_s: Seconds = 1.0
    """Seconds of looks without a hit after which an event ends."""
    per: Literal["zone", "track"] = "zone"
    """One event for the zone, or one for each thing in it."""
    moved: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """By so many of its own sizes a thing must have come, since it was first seen; 0: need not."""
    after: Zone | None = None
    """A zone in which a thing must have stood before; None: it need not."""
    after_s: Seconds = 30.0
    """And no longer ago than this."""
    back_s: Seconds = 5.0
    """So long a place must be seen empty for what rests in it next to be news; 0: it always is."""

    def __post_init__(self) -> None:
        if self.inertia > self.within:
            raise ValueError(
                f"inertia: {self.inertia} hits do not fit in within: {self.within} looks"
            )
        super().__post_init__()

    def forget(self) -> None:
        self._occupancy = self._empty()
        self._visitors = Trails(self._new_visitor, grace_s=self.close_s)
        self._met: dict[int, float] = {}  # lived seconds, by track id
        self._sure: set[int] = set()
        self._before = Before(moved=self.moved, after=self.after, after_s=self.after_s)
        self._stays = Stays(back_s=self.back_s)
        self._shown_id = 0

    def judge(self, moment: Moment) -> list[Step]:
        if not moment.scene.looked:
            return []
        self._note_sure(moment.scene)
        self._stays.note(moment, self.seen(moment.scene))
        if not self._lives.active:
            self._stays.untell()
        if self._before.asks:
            self._before.note(moment, self.seen(moment.scene), self.stands_inside)
        steps = self._judge_each(moment) if self.per == "track" else self._judge_zone(moment)
        self._meet(moment)
        return steps

    def _judge_zone(self, moment: Moment) -> list[Step]:
        scene, is_open = moment.scene, self._occupancy.open
        places = self.places(scene)
        near = [track for track in self.seen(scene) if places[track.box]]
        inside = [track for track in near if self._counts(track, is_open=is_open)]
        if self.zone is None:
            for track in inside:
                self._credit(self._occupancy, track, moment)
        was_open = self._occupancy.open
        if was_open and not inside and self._believed_inside(scene):
            return []
        self._occupancy.note(moment, hit=bool(inside))
        if was_open and not self._occupancy.open:
            return self._lives.end("zone", moment)
        if not (self._occupancy.open and inside):
            return []
        ids = [track.id for track in inside]
        sighting = self._sighting(self._occupancy, self._shown(inside), ids)
        steps = self._lives.hold("zone", moment, sighting)
        if "zone" in self._lives:
            self._stays.tell(ids)
        return steps

    def _judge_each(self, moment: Moment) -> list[Step]:
        scene = moment.scene
        steps: list[Step] = []
        followed = self._visitors.follow(moment, self.counted(scene, self._visitors))
        inside = {
            visitor.number
            for visitor, track in followed
            if self._is_hit(track, scene, is_open=visitor.occupancy.open)
        }
        for visitor, track in followed:
            if self.zone is None and visitor.number in inside:
                self._credit(visitor.occupancy, track, moment)
        for visitor in self._visitors:
            if visitor.occupancy.open and self._is_left_out(visitor, scene):
                continue
            was_open, hit = visitor.occupancy.open, visitor.number in inside
            visitor.occupancy.note(moment, hit=hit)
            if was_open and not visitor.occupancy.open:
                steps += self._lives.end(visitor.number, moment)
            elif visitor.occupancy.open and hit:
                sighting = self._sighting(visitor.occupancy, visitor, visitor.ids)
                steps += self._lives.hold(visitor.number, moment, sighting)
                if visitor.number in self._lives:
                    self._stays.tell(visitor.ids[-1:])
        for visitor in self._visitors.lost(moment):
            steps += self._lives.end(visitor.number, moment)
        return steps

    def _is_hit(self, track: Track, scene: Scene, *, is_open: bool) -> bool:
        return self.stands_inside(track.box, scene) and self._counts(track, is_open=is_open)

    def _counts(self, track: Track, *, is_open: bool) -> bool:
        """Once seen surely, a weak look helps to begin an event; it keeps one open of what rests.

        Few looks are sure ones far away or at night; of who leaves, something weak is often left.
        """
        if not is_open and self._stays.is_back(track.id):
            return False
        if track.score < self.min_score:
            stays = not is_open or self._stays.rests(track.id)
            if not stays or track.id not in self._sure:
                return False
        return self._before.fits(track.id)

    def _believed_inside(self, scene: Scene) -> bool:
        """Whether somebody surely seen before was left out of this look, and stands inside."""
        return any(
            track.id in self._sure
            and self.stands_inside(track.box, scene)
            and self._before.fits(track.id)
            for track in self.left_out(scene)
        )

    def _is_left_out(self, visitor: _Visitor, scene: Scene) -> bool:
        return any(track.id == visitor.ids[-1] for track in self.left_out(scene))

    def _note_sure(self, scene: Scene) -> None:
        """What was once seen surely is believed for as long as it is followed."""
        found = digest(scene)
        if not found.believed and found.measured.least_score >= self.min_score:
            self._sure = set(found.measured.columns[0])
            return
        self._sure = {
            track.id
            for track in scene.tracks
            if track.score >= self.min_score or track.id in self._sure
        }

    def _credit(self, occupancy: Occupancy, track: Track, moment: Moment) -> None:
        """A track that is shown for the first time was in the picture before it was shown."""
        late_s = moment.time_s - track.first_seen_s
        if track.id not in self._met and 0 < late_s <= SHOWN_LATE_S:
            occupancy.credit(track.first_seen_s, track.hits - 1)

    def _meet(self, moment: Moment) -> None:
        """Remember who was shown, for as long as a tracker may have held somebody back."""
        if self.zone is not None:
            return  # they are not credited
        self._met |= {track.id: moment.lived_s for track in moment.scene.tracks}
        if len(self._met) > len(moment.scene.tracks):
            self._met = {
                track_id: lived_s
                for track_id, lived_s in self._met.items()
                if not moment.passed(lived_s, 2 * SHOWN_LATE_S)
            }

    def _shown(self, inside: list[Track]) -> Track:
        """The one whose box stands for the event: the same as before, else the largest."""
        shown = next((track for track in inside if track.id == self._shown_id), None)
        shown = shown or max(inside, key=lambda track: track.box.area)
        self._shown_id = shown.id
        return shown

    def _sighting(
        self, occupancy: Occupancy, shown: Track | Trail, track_ids: Iterable[int]
    ) -> Sighting:
        return self.sighting(
            start_s=occupancy.since_s,
            end_s=occupancy.last_s,
            label=shown.label,
            box=shown.box,
            track_ids=track_ids,
        )

    def _new_visitor(self, **known: Any) -> _Visitor:
        return _Visitor(occupancy=self._empty(), **known)

    def _empty(self) -> Occupancy:
        return Occupancy(needed=self.inertia, within=self.within, close_s=self.close_s)
