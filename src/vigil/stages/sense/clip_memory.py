"""What is remembered of one view or of one person, so that a network of clips can judge it."""

from collections import deque
from typing import Protocol

import numpy as np
from jaxtyping import Float32

from vigil.core import Image
from vigil.infer.clip_session import ClipSession, StreamSession, together

Shares = Float32[np.ndarray, " k"]
JUDGED = 4
"""A model of whole clips is asked so often within the time of one: a quarter of it is news."""


class Memory(Protocol):
    """Takes pictures, and says what the last seconds show once it has seen enough of them."""

    @property
    def nbytes(self) -> int:
        """What it keeps."""
        ...

    def see(self, picture: Image, time_s: float, beats: int) -> Shares | None:
        """Probabilities of the words; None: too little was seen yet, or nothing is news.

        `picture`: RGB, of the model's size. `beats`: how many pictures are due by now; a camera
        slower than the model shows one for several.
        """
        ...


class StreamMemory:
    """Keeps what a stream holds, and what it said of the last pictures."""

    def __init__(self, session: StreamSession) -> None:
        self.asked = 0
        """How often the network ran."""
        self._session = session
        self._frames = session.clip.frames
        self._held = session.nothing_held()
        self._said: deque[Shares] = deque(maxlen=self._frames)

    @property
    def nbytes(self) -> int:
        return sum(each.nbytes for each in (*self._held, *self._said))

    def see(self, picture: Image, time_s: float, beats: int) -> Shares | None:
        # More of the same picture than a clip has would only repeat what is said of it.
        for _ in range(min(beats, self._frames)):
            shares, self._held = self._session.step(picture, self._held)
            self._said.append(shares)
            self.asked += 1
        return together(self._said) if len(self._said) == self._frames else None


class RingMemory:
    """Keeps the pictures of a clip's time, and takes of them those nearest to its moments."""

    def __init__(self, session: ClipSession, rate: float) -> None:
        self.asked = 0
        """How often the network ran."""
        self._session = session
        self._frames = session.clip.frames
        self._every_s = 1.0 / rate
        self._span_s = (self._frames - 1) / rate
        self._news = max(1, self._frames // JUDGED)
        """Beats after which it is asked again."""
        self._beats = 0
        self._ring: deque[tuple[float, Image]] = deque()

    @property
    def nbytes(self) -> int:
        return sum(picture.nbytes for _, picture in self._ring)

    def see(self, picture: Image, time_s: float, beats: int) -> Shares | None:
        self._ring.append((time_s, picture))
        self._beats += beats
        first_s = time_s - self._span_s
        # The one before the first moment may be the nearest to it.
        while len(self._ring) > 1 and self._ring[1][0] <= first_s:
            self._ring.popleft()
        if self._ring[0][0] > first_s + self._every_s / 2 or self._beats < self._news:
            return None
        self._beats = 0
        self.asked += 1
        times = np.array([each for each, _ in self._ring])
        moments = first_s + self._every_s * np.arange(self._frames)
        nearest = np.abs(times[None] - moments[:, None]).argmin(axis=1)
        return self._session.shares([self._ring[at][1] for at in nearest])


class Beat:
    """Says how many pictures are due, so that any rate of a camera gives that of the model."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._next_s: float | None = None

    def due(self, time_s: float) -> int:
        """Of the beats since the last call, those up to this picture; 0: leave it out."""
        if self._next_s is None:
            self._next_s = time_s
        # Times of pictures are rounded to ticks of their container.
        late = (time_s - self._next_s) * self._rate + 1e-3
        if late < 0:
            return 0
        beats = 1 + int(late)
        self._next_s += beats / self._rate
        return beats
