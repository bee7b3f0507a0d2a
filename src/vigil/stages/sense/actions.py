"""What networks of clips say of the view and of the people in it, while something moves there."""

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

from vigil.core import Action, ActionQuestion, Box, Boxes, Corners, Frame, Scene, Signals, Track
from vigil.infer.clip_session import ClipSession, StreamSession
from vigil.infer.fitting import fitted
from vigil.infer.live import LiveModel, OpenModel
from vigil.media.footage import MaskedPixels
from vigil.stages.sense.clip_memory import Beat, RingMemory, StreamMemory
from vigil.stages.sense.square import Square

AHEAD_S = 0.5
"""Further than this nobody is guessed to have gone since they were believed somewhere."""
SILENCE_S = 1.5
"""Pictures that are further apart than this, and than half a clip, are not of one clip."""
LEAST_PX = 16.0
"""A smaller square shows nothing that a network could tell."""
VIEW = "view"
"""The key under which the whole view is followed; those of tracks are numbers."""


@dataclass(slots=True, kw_only=True)
class ActionCounts:
    """What the actions of one camera have cost since it began."""

    asked: int = 0
    """How often a network ran: one picture of a stream, or one clip."""
    cpu_s: float = 0.0
    """Processor time of cutting out pictures and of networks."""
    followed: int = 0
    """Views and tracks that are remembered now."""
    held_bytes: int = 0
    """What is kept of them."""


@dataclass(slots=True, kw_only=True)
class _Followed:
    """One view or track."""

    memory: StreamMemory | RingMemory
    square: Square | None
    """None: the whole view."""
    moved_s: float
    """When something last moved there."""
    seen_s: float
    """When its last picture was taken."""
    size: float


class ActionSense:
    """Shows networks of clips what rules ask them about.

    A network is asked only of what moves: of a view or a person in whom nothing has moved for as
    long as a clip lasts, nothing is remembered and nothing is computed. The next motion begins a
    clip of its own, as do pictures after a silence; a short one is bridged with what came last.
    """

    every_picture = True

    def __init__(
        self,
        asked: Mapping[ActionQuestion, LiveModel],
        words: Mapping[ActionQuestion, frozenset[str]],
        moving: Callable[[], Boxes],
        *,
        masks: Sequence[Corners] = (),
        cpu_s: Callable[[], float] = time.thread_time,
    ) -> None:
        """`words`: of each question those that are told.

        `moving`: where it moves in the picture that was last compared, source pixels.
        """
        self.counts = ActionCounts()
        self._askers = [_Asker(question, asked[question], words[question]) for question in asked]
        self._moving = moving
        self._masks = tuple(masks)
        self._cpu_s = cpu_s
        self._news: dict[tuple[int, Hashable], list[Action]] = {}

    def see(self, frame: Frame, scene: Scene | None) -> None:
        began_s = self._cpu_s()
        moving = [Box(*map(float, row)) for row in self._moving()]
        if self._masks:
            pixels = MaskedPixels(frame.pixels, self._masks, (frame.width, frame.height))
            frame = replace(frame, pixels=pixels)
        for number, asker in enumerate(self._askers):
            for key, actions in asker.see(frame, scene, moving):
                self._news[number, key] = actions
        self._count(self._cpu_s() - began_s)

    def tell(self, signals: Signals) -> Signals:
        # Of what came since the last time only the newest: it covers the others' pictures.
        news, self._news = self._news, {}
        return replace(signals, actions=tuple(action for each in news.values() for action in each))

    def _count(self, cpu_s: float) -> None:
        counts = self.counts
        counts.cpu_s += cpu_s
        counts.asked = sum(asker.asked for asker in self._askers)
        counts.followed = sum(len(asker.followed) for asker in self._askers)
        counts.held_bytes = sum(asker.nbytes for asker in self._askers)


class _Asker:
    """Asks one question about one camera."""

    def __init__(self, question: ActionQuestion, live: LiveModel, words: frozenset[str]) -> None:
        self.followed: dict[Hashable, _Followed] = {}
        self._question = question
        self._live = live
        self._words = words
        self._model: OpenModel | None = None
        self._past = 0
        """How often networks ran for what is not followed any more."""

    @property
    def asked(self) -> int:
        return self._past + sum(one.memory.asked for one in self.followed.values())

    @property
    def nbytes(self) -> int:
        return sum(one.memory.nbytes for one in self.followed.values())

    def see(
        self, frame: Frame, scene: Scene | None, moving: Sequence[Box]
    ) -> list[tuple[Hashable, list[Action]]]:
        """What is news of whom."""
        model = self._live.current()
        if model is not self._model:
            self._begin(model)
        places = self._places(frame, scene)
        self._let_go(places, frame.time_s)
        for key, box in places.items():
            if any(_touch(box, each) for each in moving):
                self._moved(key, box, frame.time_s)
        if not self.followed:
            return []
        beats = self._beat.due(frame.time_s)
        if not beats:
            return []
        told = []
        for key, one in self.followed.items():
            actions = self._judge(key, one, places[key], frame, beats)
            if actions:
                told.append((key, actions))
        return told

    def _begin(self, model: OpenModel) -> None:
        """Another model knows nothing of what the one before has seen."""
        assert model.card.clip is not None
        for key in list(self.followed):
            self._drop(key)
        self._model = model
        self._rate = self._question.rate or model.card.clip.rate
        self._clip_s = model.card.clip.frames / self._rate
        self._beat = Beat(self._rate)
        self._numbers = [
            (number, word) for number, word in enumerate(model.card.labels) if word in self._words
        ]

    def _places(self, frame: Frame, scene: Scene | None) -> dict[Hashable, Box]:
        """What may be followed, and where it is now."""
        if self._question.where == "view":
            return {VIEW: Box(0.0, 0.0, float(frame.width), float(frame.height))}
        who = self._question.who
        tracks, scene_s = (scene.tracks, scene.time_s) if scene is not None else ((), 0.0)
        return {
            track.id: box
            for track in tracks
            if not who or track.label in who
            for box in (_now(track, frame.time_s - scene_s),)
            if _touch(box, Box(0.0, 0.0, float(frame.width), float(frame.height)))
        }

    def _moved(self, key: Hashable, box: Box, time_s: float) -> None:
        one = self.followed.get(key)
        if one is not None:
            one.moved_s = time_s
            return
        size = max(box.width, box.height)
        if key != VIEW and not self._room_for(size):
            return
        if not self.followed:
            self._beat = Beat(self._rate)  # nobody else waits for a picture
        self.followed[key] = _Followed(
            memory=self._memory(),
            square=None if key == VIEW else Square(),
            moved_s=time_s,
            seen_s=time_s,
            size=size,
        )

    def _room_for(self, size: float) -> bool:
        """Whether somebody so large is followed, perhaps in the place of somebody far smaller."""
        if size < LEAST_PX:
            return False
        if len(self.followed) < self._question.most:
            return True
        smallest = min(self.followed, key=lambda key: self.followed[key].size)
        # Whoever is followed has a history: it is not given up for a few pixels.
        if self.followed[smallest].size * 2 > size:
            return False
        self._drop(smallest)
        return True

    def _let_go(self, places: Mapping[Hashable, Box], time_s: float) -> None:
        for key, one in list(self.followed.items()):
            still = time_s - one.moved_s > self._clip_s
            silent = time_s - one.seen_s > max(self._clip_s / 2, SILENCE_S)
            if key not in places or still or silent:
                self._drop(key)

    def _drop(self, key: Hashable) -> None:
        self._past += self.followed.pop(key).memory.asked

    def _memory(self) -> StreamMemory | RingMemory:
        assert self._model is not None
        session = self._model.session
        if isinstance(session, StreamSession):
            return StreamMemory(session)
        assert isinstance(session, ClipSession)
        return RingMemory(session, self._rate)

    def _judge(
        self, key: Hashable, one: _Followed, box: Box, frame: Frame, beats: int
    ) -> list[Action]:
        assert self._model is not None
        card, region = self._model.card, None
        if one.square is not None:
            region = one.square.follow(box, frame.time_s, frame.width, frame.height)
            one.size = max(box.width, box.height)
        one.seen_s = frame.time_s
        picture, _ = fitted(frame, card.input, region)
        shares = one.memory.see(picture, frame.time_s, beats)
        if shares is None:
            return []
        return [
            Action(
                model=self._question.model,
                version=card.version,
                word=word,
                score=float(shares[number]),
                start_s=frame.time_s - self._clip_s,
                track_id=key if isinstance(key, int) else None,
                box=box if isinstance(key, int) else None,
            )
            for number, word in self._numbers
        ]


def _now(track: Track, since_s: float) -> Box:
    """Where somebody is so many seconds after they were believed to be in their box."""
    ahead_s = max(0.0, min(since_s, AHEAD_S))
    right, down = track.velocity[0] * ahead_s, track.velocity[1] * ahead_s
    x1, y1, x2, y2 = track.box
    return Box(x1 + right, y1 + down, x2 + right, y2 + down)


def _touch(one: Box, other: Box) -> bool:
    return one.x1 < other.x2 and other.x1 < one.x2 and one.y1 < other.y2 and other.y1 < one.y2
