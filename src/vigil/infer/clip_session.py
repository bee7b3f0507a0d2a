"""Models that see several pictures: a whole clip at once, or one picture after the other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime
from jaxtyping import Float32

from vigil.core import Image, ModelCard, ModelClip, ModelError
from vigil.infer.classify import Shares, shares_of
from vigil.infer.onnx_session import opened
from vigil.infer.session import Output, check_shape, input_shape
from vigil.infer.tensor import InputTensor

Held = list[Output]
"""What a stream keeps of the picture before."""
SUM_OFF = 0.02
"""By so much what a model says of all its words may differ from one."""


class ClipSession:
    """A model of whole clips, one thread; each clip stands for itself."""

    def __init__(self, card: ModelCard, path: Path, providers: tuple[str, ...] | None) -> None:
        self.clip = clip_of(card)
        self._session = opened(path, providers)
        self._names, shapes = _inputs(self._session)
        self._path, self._words = path, len(card.labels)
        if len(self._names) != 1:
            raise ModelError(f"{path.name}: takes {len(self._names)} inputs, its card says one")
        _, channels, height, width = input_shape(card)
        cthw = self.clip.layout == "cthw"
        pictures = (channels, self.clip.frames) if cthw else (self.clip.frames, channels)
        wanted = (1, *pictures, height, width)
        if not _fits(shapes[0], wanted):
            raise ModelError(f"{path.name}: takes {shapes[0]}, its card says {list(wanted)}")
        self._array = np.empty(wanted, card.input.dtype)
        self._slots = self._array[0].swapaxes(0, 1) if cthw else self._array[0]
        self._tensor = InputTensor(card)

    def run(self, picture: Image) -> list[Output]:
        """The answer to a clip in which nothing moves."""
        return [self.shares([picture] * self.clip.frames)[None]]

    def shares(self, pictures: Sequence[Image]) -> Shares:
        """Probabilities of the words for a clip of RGB pictures of the card's size, in order."""
        for slot, picture in zip(self._slots, pictures, strict=True):
            slot[...] = self._tensor.fill(picture)[0]
        (answer, *_) = _answers(self._session, {self._names[0]: self._array}, self._path)
        return _checked(answer, self._words, self._path)


class StreamSession:
    """A model that holds something of each picture for the next one, one thread.

    It keeps nothing itself: who follows somebody keeps what is held, so that any number of
    streams share the weights.
    """

    def __init__(self, card: ModelCard, path: Path, providers: tuple[str, ...] | None) -> None:
        self.clip = clip_of(card)
        self._session = opened(path, providers)
        self._names, shapes = _inputs(self._session)
        self._path, self._words = path, len(card.labels)
        answers = self._session.get_outputs()
        wanted = 1 + self.clip.states
        if (len(self._names), len(answers)) != (wanted, wanted):
            raise ModelError(
                f"{path.name}: takes {len(self._names)} inputs and gives {len(answers)} outputs; "
                f"its card says {wanted} of each, for {self.clip.states} states"
            )
        check_shape(card, path, shapes[0])
        self._states = [_state(path, *each) for each in zip(self._names, shapes, strict=True)][1:]
        for name, state, answer in zip(self._names[1:], self._states, answers[1:], strict=True):
            if not _fits(answer.shape, state):
                raise ModelError(
                    f"{path.name}: state {name!r} is {list(state)}, and {answer.shape} for the "
                    "next picture; allowed: the same"
                )
        self._tensor = InputTensor(card)

    @property
    def held_bytes(self) -> int:
        """What each stream keeps."""
        return sum(each.nbytes for each in self.nothing_held())

    def nothing_held(self) -> Held:
        """As before the first picture."""
        return [np.zeros(shape, np.float32) for shape in self._states]

    def run(self, picture: Image) -> list[Output]:
        """The answer to the first picture of a stream, and what is held of it."""
        shares, held = self.step(picture, self.nothing_held())
        return [shares[None], *held]

    def step(self, picture: Image, held: Held) -> tuple[Shares, Held]:
        """Probabilities of the words at one RGB picture of the card's size, and what to hold."""
        feed = dict(zip(self._names, [self._tensor.fill(picture), *held], strict=True))
        answer, *holding = _answers(self._session, feed, self._path)
        return _checked(answer, self._words, self._path), holding


def clip_session(
    card: ModelCard, path: Path, providers: tuple[str, ...] | None = None
) -> ClipSession | StreamSession:
    """Open what a card with `clip` names; raises `ModelError` where the file does not fit it."""
    if clip_of(card).states:
        return StreamSession(card, path, providers)
    return ClipSession(card, path, providers)


def clip_of(card: ModelCard) -> ModelClip:
    """What a card says of clips; raises `ModelError` where it says nothing."""
    if card.clip is None:
        raise ModelError(f"{card.id}: sees single pictures; needed: a card with `clip`")
    return card.clip


def together(said: Sequence[Shares]) -> Float32[np.ndarray, " k"]:
    """What a stream says of its last pictures, as its network says it of a clip of them.

    The mean of logits, which probabilities tell up to a number that is the same for all words.
    """
    mean = np.log(np.maximum(np.stack(said), 1e-30)).mean(axis=0)
    likely = np.exp(mean - mean.max())
    return np.asarray(likely / likely.sum(), np.float32)


def _inputs(
    session: onnxruntime.InferenceSession,
) -> tuple[list[str], list[list[int | str | None]]]:
    given = session.get_inputs()
    return [each.name for each in given], [list(each.shape) for each in given]


def _fits(found: Sequence[int | str | None], wanted: Sequence[int]) -> bool:
    return len(found) == len(wanted) and all(
        size == here for here, size in zip(found, wanted, strict=True) if isinstance(here, int)
    )


def _state(path: Path, name: str, shape: Sequence[int | str | None]) -> tuple[int, ...]:
    sizes = tuple(each for each in shape if isinstance(each, int))
    if len(sizes) != len(shape):
        raise ModelError(f"{path.name}: state {name!r} is {list(shape)}; allowed: fixed sizes")
    return sizes


def _answers(
    session: onnxruntime.InferenceSession, feed: dict[str, Output], path: Path
) -> list[Output]:
    try:
        return list(session.run(None, feed))
    except Exception as error:
        reason = " ".join(str(error).split())[:300]
        raise ModelError(f"{path.name}: does not run: {reason}") from error


def _checked(answer: Output, words: int, path: Path) -> Shares:
    total = float(answer.sum())
    if answer.size != words:
        raise ModelError(f"{path.name}: answers {answer.size} numbers, its card has {words} words")
    if not abs(total - 1.0) <= SUM_OFF or float(answer.min()) < 0.0:
        raise ModelError(
            f"{path.name}: answers no probabilities (sum {total:.3g}); end the graph with softmax"
        )
    return shares_of([answer])
