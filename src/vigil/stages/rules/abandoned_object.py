"""Something is left behind and nobody is with it."""

from functools import partial
from math import inf
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from vigil.core import Box, Scene, Severity, Step, Track, part
from vigil.stages.rules.digest import digest
from vigil.stages.rules.escalation import escalated
from vigil.stages.rules.fixtures import SAME_PLACE_IOU
from vigil.stages.rules.geometry import covered, overlap
from vigil.stages.rules.left_things import (
    SAME_COVER,
    Companions,
    LeftThing,
    LeftThings,
    Resting,
    at_rest,
    is_hidden,
    those_with,
)
from vigil.stages.rules.life import Sighting
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.rest import Arrival, note_spots
from vigil.stages.rules.settings import Count, Labels, Seconds, Share
from vigil.stages.rules.stopped_vehicle import VEHICLES
from vigil.stages.rules.thing_rule import ThingRule
from vigil.stages.rules.trails import Trails

UNCOVERED_S = 10.0
"""So long the ground that a vehicle has left looks like a thing: the background had taken it in."""
BELIEVED_S = 1.0
"""A person missed by the detector for longer is no longer believed to be there."""


@part
class AbandonedObject(ThingRule):
    """Fires when a thing has rested for `still_s` and been alone for `alone_s`.

    Things are what the background finds at rest (`object`), and tracks of `labels` that keep
    their place. A thing is alone while no track of `owners` is nearer than `owner_distance` of
    their own height. Who was that near when it came to rest is with it whenever they are; who
    comes later is passing by until they have stayed for `passing_s`: the event waits until they
    have gone, not longer. Who stands still is no thing, nor is what they cover. The event begins
    when the thing came to rest and ends when it is taken away or dismissed; `ending` says which:
    `reclaimed` by its owner, `taken` by another while its owner was to be seen elsewhere,
    `collected` by somebody who may be its owner come back, `dismissed`, or nothing when nobody was
    seen to take it. `by` is the owner. With `escalate_s` the severity rises. Limits: in a crowd a
    thing is never alone (`attended_by: owner` helps); a person whom the detector misses
    altogether is a thing; so is a small lasting change of light where no zone keeps to the ground.
    """

    CLAIM: ClassVar[str] = "{Thing} was left {where} and nobody is with it."
    CLAIM_ZH: ClassVar[str] = "{where}有{label}被遗留，无人看管。"

    name: str = "abandoned_object"
    severity: Severity = Severity.HIGH
    labels: Labels = ("backpack", "handbag", "object", "suitcase")
    """Words of things; without `object`, what only the background finds is left alone."""
    owners: Labels = ("person", "object")
    """Words of those who can be with a thing; of `object`s, those that came by themselves."""
    still_s: Seconds = 5.0
    """Seconds for which a thing must have rested."""
    alone_s: Seconds = 4.0
    """Seconds for which nobody must have been with it, passers-by aside."""
    passing_s: Seconds = 5.0
    """Who comes near later and leaves sooner was passing by."""
    owner_distance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    """Nearer than this, in heights of the person, a person is with it."""
    attended_by: Literal["anyone", "owner"] = "anyone"
    """Who counts: anyone near, or only who was with it when it came to rest, if that is known."""
    owner_seen: bool = False
    """Only things that somebody was seen with when they came to rest."""
    most_at_once: Count = 3
    """More things in the background than this that come to rest together are a change of light."""
    still: Share = 0.15
    """How far the foot of a track may stray, in fractions of its size, to keep its place."""
    gone_s: Seconds = 2.0
    """Seconds without it after which a thing is gone."""
    escalate_s: Seconds | None = None
    """Seconds alone that raise the severity; None: it stays as it is."""

    @property
    def others(self) -> Labels:
        return self.owners

    def forget(self) -> None:
        self._rests = Trails(Arrival, grace_s=self.gone_s)
        self._things = LeftThings(gone_s=self.gone_s)
        self._companions = Companions()
        meant = {*self.labels, *self.owners}
        self._vehicles = tuple([word for word in VEHICLES if word not in meant])
        self._stood: list[tuple[Box, float]] = []  # where vehicles rested, lived seconds

    def judge(self, moment: Moment) -> list[Step]:
        found = [one for one in self._found(moment) if self._counts(one)]
        people = self._people(moment)
        self._companions.note(moment, people)
        near = partial(self._companions.near, owner_distance=self.owner_distance)
        seen = self._things.recognise(found, people, moment, near)
        steps: list[Step] = []
        for thing in self._things:
            self._watch_over(thing, people, moment)
            if thing.number in seen:
                steps += self._judge_thing(thing, moment)
            elif self._is_gone(thing, people, moment):
                steps += self._gone(thing, moment)
        return steps

    def _found(self, moment: Moment) -> list[Resting]:
        """What rests now, by the background and by the detector."""
        scene = moment.scene
        at_hand = self._rests.see(moment, self.counted(scene, self._rests))
        for rest in at_hand:
            rest.come()
        note_spots(at_hand, moment, self.still, self.inertia)
        self._rests.lost(moment)
        blobs = scene.signals.static_blobs if scene.signals else ()
        resting = at_rest(blobs, most_at_once=self.most_at_once)
        found = self._things_of([one for one in resting if self._is_wanted(one, scene)], moment)
        tracked = [
            Resting(box=rest.box, since_s=rest.since_s, label=rest.label, track_id=rest.ids[-1])
            for rest in self._rests
            if rest.seen_s == scene.time_s and self._is_thing(rest, moment)
        ]
        return found + [one for one in tracked if self._is_wanted(one, scene)]

    def _things_of(self, resting: list[Resting], moment: Moment) -> list[Resting]:
        """Without vehicles, which nobody leaves behind as things, and the ground they uncover."""
        shown = [one.box for one in resting if self._is_vehicle(one.box, moment.scene)]
        elsewhere = [
            (place, lived_s)
            for place, lived_s in self._stood
            if not moment.passed(lived_s, UNCOVERED_S)
            and not any(overlap(place, box) >= SAME_PLACE_IOU for box in shown)
        ]
        self._stood = elsewhere + [(box, moment.lived_s) for box in shown]
        return [
            one
            for one in resting
            if one.box not in shown
            and not any(covered(one.box, place) >= SAME_COVER for place, _ in elsewhere)
        ]

    def _is_vehicle(self, box: Box, scene: Scene) -> bool:
        """Whether a track shows that what rests there is a vehicle."""
        left, top, right, low = box
        for track in digest(scene).named(self._vehicles):
            x1, y1, x2, y2 = track.box
            # Most are somewhere else.
            touch = x1 < right and x2 > left and y1 < low and y2 > top
            if touch and overlap(track.box, box) >= SAME_PLACE_IOU:
                return True
        return False

    def _people(self, moment: Moment) -> list[Track]:
        """Who could be with a thing, and is no thing."""
        within_s = BELIEVED_S if moment.scene.looked else inf
        people = digest(moment.scene).lately(self.owners, within_s)
        things = {rest.ids[-1] for rest in self._rests if self._is_thing(rest, moment)}
        return [track for track in people if track.id not in things] if things else people

    def _is_thing(self, rest: Arrival, moment: Moment) -> bool:
        """Whether a track at rest is a thing; an `object` that came by itself is somebody."""
        somebody = rest.label in self.owners and rest.came_whole
        return rest.settled(moment) and not somebody

    def _is_wanted(self, one: Resting, scene: Scene) -> bool:
        named = not self.labels or one.label in self.labels
        return named and self.may_lie(one.box, scene)

    def _counts(self, one: Resting) -> bool:
        """Whether it came to rest by itself; of a change of light only what is told of counts."""
        if not one.in_crowd:
            return True
        thing = self._things.find(one.box)
        return thing is not None and thing.number in self._lives

    def _watch_over(self, thing: LeftThing, people: list[Track], moment: Moment) -> None:
        """Start, keep or stop the clock of a thing alone."""
        close = those_with(people, thing.box, self.owner_distance)
        near = [person.id for person in close if self._attends(person, thing)]
        thing.visits = {one: thing.visits.get(one, moment.lived_s) for one in near}
        thing.note_near(near, moment)
        if any(
            one in thing.companions or moment.passed(came_lived_s, self.passing_s)
            for one, came_lived_s in thing.visits.items()
        ):
            thing.alone_lived_s = None
        elif thing.alone_lived_s is None:
            thing.alone_lived_s = moment.lived_s

    def _judge_thing(self, thing: LeftThing, moment: Moment) -> list[Step]:
        alone_s = thing.alone_lived_s
        left = alone_s is not None and moment.passed(alone_s, self.alone_s) and not thing.visits
        left = left and moment.passed(thing.since_lived_s, self.still_s)
        left = left and (thing.owner is not None or not self.owner_seen)
        if not left and thing.number not in self._lives:
            return []
        return self._lives.hold(thing.number, moment, self._left(thing, moment))

    def _left(self, thing: LeftThing, moment: Moment, takers: tuple[int, ...] = ()) -> Sighting:
        owner = () if thing.owner is None else (thing.owner,)
        alone_s = moment.lived_s if thing.alone_lived_s is None else thing.alone_lived_s
        return self.sighting(
            start_s=thing.since_s,
            end_s=thing.seen_s,
            label=thing.label,
            box=thing.box,
            track_ids=owner + thing.track_ids + takers,
            seconds=self.alone_s,
            by=thing.owner,
            severity=escalated(
                self.severity, since_lived_s=alone_s, after_s=self.escalate_s, moment=moment
            ),
        )

    def _attends(self, person: Track, thing: LeftThing) -> bool:
        """Whether somebody near enough counts as being with a thing."""
        if self.attended_by == "owner" and thing.owner is not None and person.id != thing.owner:
            return False
        # A moving `object` right on or within the thing is the thing itself, seen unsteadily.
        itself = person.label in self.labels and (
            overlap(person.box, thing.box) >= SAME_PLACE_IOU
            or covered(person.box, thing.box) >= SAME_COVER
        )
        return not itself

    def _is_gone(self, thing: LeftThing, people: list[Track], moment: Moment) -> bool:
        """Whether it was looked for in vain for long enough, with nobody in front of it."""
        scene = moment.scene
        looked = scene.signals is not None if thing.in_background else scene.looked
        if not looked or is_hidden(thing.box, people):
            return False
        return self._things.miss(thing, moment)

    def _gone(self, thing: LeftThing, moment: Moment) -> list[Step]:
        """It was taken away: by whom, and what that makes of it."""
        takers = thing.takers()
        steps = []
        if thing.number in self._lives and takers:
            steps = self._lives.hold(thing.number, moment, self._left(thing, moment, takers))
        return steps + self._lives.end(thing.number, moment, _ending(thing, takers, moment.scene))


def _ending(thing: LeftThing, takers: tuple[int, ...], scene: Scene) -> str:
    if not takers:
        return ""
    if thing.owner in takers:
        return "reclaimed"
    # Out of view, a person comes back under another id: only an owner still seen is somebody else.
    elsewhere = any(track.id == thing.owner for track in scene.tracks)
    return "taken" if elsewhere else "collected"
