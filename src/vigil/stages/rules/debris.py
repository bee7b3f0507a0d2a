"""Something lies on the road."""

from functools import partial
from math import inf
from typing import Annotated, ClassVar

from pydantic import Field

from vigil.core import Severity, Step, Track, part
from vigil.stages.rules.digest import digest
from vigil.stages.rules.geometry import covered
from vigil.stages.rules.left_things import (
    Companions,
    LeftThing,
    LeftThings,
    Resting,
    at_rest,
    is_hidden,
    those_with,
)
from vigil.stages.rules.moment import Moment
from vigil.stages.rules.placed import LEAVERS, Leavers, Stood
from vigil.stages.rules.rest import Rest, note_spots
from vigil.stages.rules.settings import Count, Labels, Seconds, Share
from vigil.stages.rules.thing_rule import ThingRule
from vigil.stages.rules.trails import Trails

BELIEVED_S = 1.0
"""A road user missed by the detector for longer is no longer believed to be there."""
MOSTLY = 0.6
"""A track that lies so much within a road user is a piece of theirs."""


@part
class Debris(ThingRule):
    """Fires when a thing that is no road user has lain in the zone for `longer_than_s`.

    Things are what the background finds at rest (`object`), and tracks of `labels` that keep
    their place. A thing that a road user covers is not judged, nor is what somebody is with:
    road workers see to it themselves. Where a road user was seen to stand, the background finds
    them and no thing. `by` is who was with it when it came to rest: it fell off, or was dropped.
    The event begins when the thing came to rest and ends when it has gone. Limits: a vehicle that
    the detector never finds is a thing; a lasting change of light with structure is one.
    """

    CLAIM: ClassVar[str] = "{Thing} lies on the road {where}."
    CLAIM_ZH: ClassVar[str] = "{where}路面上有{label}。"

    name: str = "debris"
    severity: Severity = Severity.HIGH
    labels: Labels = (
        "backpack", "debris", "handbag", "object", "sports ball", "suitcase", "umbrella",
    )  # fmt: skip
    """Words of things; without `object`, what only the background finds is left alone."""
    road_users: Labels = LEAVERS
    """Words of what may stand on a road."""
    longer_than_s: Seconds = 10.0
    owner_distance: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    """Nearer than this, in heights of the person, a person is with it."""
    alone_s: Seconds = 4.0
    """Nobody must have been with it for so long."""
    max_size: Share = 0.25
    """Largest height of a thing, as a fraction of the picture's height."""
    most_at_once: Count = 4
    """More things in the background than this that come to rest together are a change of light."""
    still: Share = 0.15
    """How far the foot of a track may stray, in fractions of its size, to keep its place."""
    gone_s: Seconds = 3.0
    """Seconds without it after which a thing is gone."""

    @property
    def others(self) -> Labels:
        return self.road_users

    def forget(self) -> None:
        self._rests = Trails(Rest, grace_s=self.gone_s)
        self._things = LeftThings(gone_s=self.gone_s)
        self._users = Leavers(self.road_users, still=self.still, inertia=self.inertia)
        self._companions = Companions()

    def judge(self, moment: Moment) -> list[Step]:
        users = self._road_users(moment)
        self._companions.note(moment, users)
        stood = self._users.note(moment)
        near = partial(self._companions.near, owner_distance=self.owner_distance)
        seen = self._things.recognise(self._found(moment, users, stood), users, moment, near)
        people = [user for user in users if user.label == "person"] if seen else []
        steps: list[Step] = []
        for thing in self._things:
            if thing.number in seen:
                steps += self._judge_thing(thing, users, people, moment)
            elif self._is_gone(thing, users, moment):
                steps += self._lives.end(thing.number, moment)
        return steps

    def _road_users(self, moment: Moment) -> list[Track]:
        within_s = BELIEVED_S if moment.scene.looked else inf
        return digest(moment.scene).lately(self.road_users, within_s)

    def _found(self, moment: Moment, users: list[Track], stood: Stood) -> list[Resting]:
        """What rests now, by the background and by the detector."""
        scene = moment.scene
        things = [
            track
            for track in self.counted(scene, self._rests)
            if track.label not in self.road_users
        ]
        note_spots(self._rests.see(moment, things), moment, self.still, self.inertia)
        self._rests.lost(moment)
        blobs = scene.signals.static_blobs if scene.signals and self.signals else ()
        found = [
            one
            for one in at_rest(blobs, most_at_once=self.most_at_once)
            if not one.in_crowd and self.may_lie(one.box, scene) and not stood.fits(one.box)
        ]
        found += [
            Resting(box=rest.box, since_s=rest.since_s, label=rest.label, track_id=rest.ids[-1])
            for rest in self._rests
            if rest.seen_s == scene.time_s
            and rest.settled(moment)
            and self.may_lie(rest.box, scene)
            and not any(covered(rest.box, user.box) >= MOSTLY for user in users)
        ]
        return found

    def _judge_thing(
        self, thing: LeftThing, users: list[Track], people: list[Track], moment: Moment
    ) -> list[Step]:
        lies = moment.passed(thing.since_lived_s, self.longer_than_s)
        # Who works there sees to it.
        if those_with(people, thing.box, self.owner_distance):
            thing.alone_lived_s = None
        elif thing.alone_lived_s is None:
            thing.alone_lived_s = moment.lived_s
        alone_s = thing.alone_lived_s
        lies = lies and alone_s is not None and moment.passed(alone_s, self.alone_s)
        lies = lies and not is_hidden(thing.box, users)
        if not lies and thing.number not in self._lives:
            return []
        owner = () if thing.owner is None else (thing.owner,)
        sighting = self.sighting(
            start_s=thing.since_s,
            end_s=thing.seen_s,
            label=thing.label,
            box=thing.box,
            track_ids=owner + thing.track_ids,
            seconds=self.longer_than_s,
            by=thing.owner,
        )
        return self._lives.hold(thing.number, moment, sighting)

    def _is_gone(self, thing: LeftThing, users: list[Track], moment: Moment) -> bool:
        """Whether it was looked for in vain for long enough, with nobody in front of it."""
        scene = moment.scene
        looked = scene.signals is not None if thing.in_background else scene.looked
        return looked and not is_hidden(thing.box, users) and self._things.miss(thing, moment)
