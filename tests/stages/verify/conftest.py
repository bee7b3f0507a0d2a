"""Cases with footage that is made on the spot, and a brain that writes down what it is asked."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from pydantic import BaseModel

from vigil.core import AnswerT, Box, BrainError, Case, Event, Footage, Frame, Image, Question, Reply
from vigil.media.clip import write_clip
from vigil.media.encode import VideoWriter
from vigil.media.footage import ClipFootage
from vigil.media.opening import open_file
from vigil.media.pixels import frame_of_array

START_S = 1_700_000_000.0
WIDTH, HEIGHT, RATE = 320, 180, 10
EVENT_ID = "0192f0c1-7b7a-7000-8000-000000000001"

Painter = Callable[[Image, float], None]
"""Changes the empty view, in place, at so many seconds of the film."""


def ground(seed: int = 0) -> Image:
    """A textured empty view."""
    random = np.random.default_rng(seed)
    coarse = random.uniform(70, 170, (HEIGHT // 9, WIDTH // 9, 3)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


class Film:
    """Footage in memory: an empty view, grain, and whatever is painted on it."""

    def __init__(self, paint: Painter = lambda picture, time_s: None, seconds: float = 15) -> None:
        self.start_s = START_S
        self.end_s = START_S + seconds
        self.shown = 0
        self._paint = paint
        self._empty = ground()

    def picture(self, time_s: float) -> Image:
        """At so many seconds of the film."""
        picture = self._empty.copy()
        self._paint(picture, time_s)
        random = np.random.default_rng(round(time_s * RATE))
        noisy = picture + random.normal(0, 2, picture.shape)
        return np.clip(noisy, 0, 255).astype(np.uint8)

    def frames(self, start_s: float, end_s: float, *, every_s: float = 0.0) -> Iterator[Frame]:
        step_s = max(every_s, 1 / RATE)
        first = max(start_s, self.start_s)
        for number in range(int((min(end_s, self.end_s) - first) / step_s + 1e-6) + 1):
            time_s = first + number * step_s
            self.shown += 1
            rgb = self.picture(time_s - START_S)
            yield frame_of_array(rgb, index=number, time_s=time_s)


def block(
    *, enters_s: float = 6.0, leaves_s: float = 11.0, size: tuple[int, int] = (16, 40)
) -> tuple[Painter, Callable[[float], Box]]:
    """Something dark and upright walks across, and where it is."""

    def at(time_s: float) -> Box:
        done = (time_s - enters_s) / (leaves_s - enters_s)
        x = done * (WIDTH + size[0]) - size[0]
        return Box(x, 90, x + size[0], 90 + size[1])

    def paint(picture: Image, time_s: float) -> None:
        box = at(time_s)
        x1, x2 = max(0, round(box.x1)), max(0, round(box.x2))
        body = picture[round(box.y1) : round(box.y2), x1:x2]
        # Clothes have edges of their own.
        body[:] = 25
        body[len(body) // 2 :] = (60, 40, 120)

    return paint, at


def event(**known: Any) -> Event:
    """A person from 6.5 s to 10.5 s of the film."""
    said = {
        "id": EVENT_ID,
        "source": "frontdoor",
        "rule": "presence",
        "claim": "A person is in the picture.",
        "claim_zh": "画面中有人。",
        "label": "person",
        "start_s": START_S + 6.5,
        "end_s": START_S + 10.5,
    }
    return Event(**(said | known))


def path_of(at: Callable[[float], Box], start_s: float = 6.5, end_s: float = 10.5) -> Any:
    """A path as a tracker would have it, twice a second."""
    return tuple((START_S + t, at(t)) for t in np.arange(start_s, end_s + 0.01, 0.5).tolist())


def case_of(footage: Footage, found: Event, **known: Any) -> Case:
    return Case(event=found, clip=None, footage=footage, **({"kind": found.rule} | known))


@pytest.fixture
def walker() -> Case:
    """Somebody walks across."""
    paint, at = block()
    path = path_of(at)
    return case_of(Film(paint), event(path=path, box=path[-1][1]))


@pytest.fixture
def nobody() -> Case:
    """The same event, and nothing in the pictures."""
    _, at = block()
    path = path_of(at)
    return case_of(Film(), event(path=path, box=path[-1][1]))


@dataclass
class RecordingBrain:
    """Answers as it is told and keeps the questions."""

    answers: list[Mapping[str, Any] | BrainError] = field(default_factory=list)
    """One for each call; the last stands for all that follow."""
    model: str = "recorder"
    questions: list[Question] = field(default_factory=list)
    forms: list[type[BaseModel]] = field(default_factory=list)
    closed: int = 0

    async def ask(self, question: Question, answer: type[AnswerT]) -> Reply[AnswerT]:
        self.questions.append(question)
        assert issubclass(answer, BaseModel)
        self.forms.append(answer)
        said = self.answers[min(len(self.questions), len(self.answers)) - 1]
        await asyncio.sleep(0)
        if isinstance(said, BrainError):
            raise said
        plain = dict.fromkeys(answer.model_fields, "unclear")
        ending = {"ruling": "confirmed", "confidence": 0.9, "reason": "seen", "description": ""}
        made = answer.model_validate(plain | ending | dict(said))
        return Reply(answer=made, model="recorder-1", seconds=0.1, tokens_in=900, tokens_out=60)

    async def close(self) -> None:
        self.closed += 1


def cut(video: Path, start_s: float, end_s: float, to: Path) -> ClipFootage:
    """A clip of a real video; times count from the video's beginning, at `START_S`."""
    with open_file(video) as demuxer:
        packets = demuxer.packets(lambda _encoding, pts_s, _now: START_S + (pts_s or 0.0))
        kept = [p for p in packets if p.encoding.kind == "video" and p.time_s <= START_S + end_s]
    first = max(
        (n for n, p in enumerate(kept) if p.key and p.time_s <= START_S + start_s), default=0
    )
    clip = write_clip(to, [replace(packet, source="real") for packet in kept[first:]])
    return ClipFootage(clip.path, clip.start_s)


def write_film(film: Film, to: Path) -> ClipFootage:
    """The film as a clip on the disk."""
    with VideoWriter(to, WIDTH, HEIGHT, RATE) as writer:
        for number in range(round((film.end_s - film.start_s) * RATE)):
            writer.write(film.picture(number / RATE))
    return ClipFootage(to, START_S)
