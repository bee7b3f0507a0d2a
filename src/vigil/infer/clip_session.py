"""Models that see several pictures: a whole clip at once, or one picture after the other."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from vigil.core import Image, ModelCard, ModelClip, ModelError
from vigil.infer.classify import Shares, shares_of
from vigil.infer.graph import Graph, Size, Tensor, open_graph
from vigil.infer.session import Output, Precision, check_shape, input_shape
from vigil.infer.tensor import InputTensor

Held = list[Output]
"""What a stream keeps of the picture before."""
SUM_OFF = 0.02
"""By so much what a model says of all its words may differ from one."""


class ClipSession:
    """A model of whole clips, one thread; each clip stands for itself."""

    def __init__(self, card: ModelCard, path: Path, graph: Graph) -> None:
        self.clip = clip_of(card)
        self._graph, self._path, self._words = graph, path, len(card.labels)
        if len(graph.inputs) != 1:
            raise ModelError(f"{path.name}: takes {len(graph.inputs)} inputs, its card says one")
        _, channels, height, width = input_shape(card)
        cthw = self.clip.layout == "cthw"
        pictures = (channels, self.clip.frames) if cthw else (self.clip.frames, channels)
        wanted = (1, *pictures, height, width)
        found = graph.inputs[0].shape
        if not _fits(found, wanted):
            raise ModelError(f"{path.name}: takes {list(found)}, its card says {list(wanted)}")
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
        (answer, *_) = self._graph.answer([self._array])
        return _checked(answer, self._words, self._path)


class StreamSession:
    """A model that holds something of each picture for the next one, one thread.

    It keeps nothing itself: who follows somebody keeps what is held, so that any number of
    streams share the weights.
    """

    def __init__(self, card: ModelCard, path: Path, graph: Graph) -> None:
        self.clip = clip_of(card)
        self._graph, self._path, self._words = graph, path, len(card.labels)
        wanted = 1 + self.clip.states
        if (len(graph.inputs), len(graph.outputs)) != (wanted, wanted):
            raise ModelError(
                f"{path.name}: takes {len(graph.inputs)} inputs and gives {len(graph.outputs)} "
                f"outputs; its card says {wanted} of each, for {self.clip.states} states"
            )
        check_shape(card, path, list(graph.inputs[0].shape))
        self._states = [_state(path, each) for each in graph.inputs[1:]]
        for given, state, answer in zip(
            graph.inputs[1:], self._states, graph.outputs[1:], strict=True
        ):
            if not _fits(answer.shape, state):
                raise ModelError(
                    f"{path.name}: state {given.name!r} is {list(state)}, and "
                    f"{list(answer.shape)} for the next picture; allowed: the same"
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
        answer, *holding = self._graph.answer([self._tensor.fill(picture), *held])
        return _checked(answer, self._words, self._path), holding


def clip_session(
    card: ModelCard,
    path: Path,
    *,
    precision: Precision = "f32",
    providers: tuple[str, ...] | None = None,
) -> ClipSession | StreamSession:
    """Open what a card with `clip` names; raises `ModelError` where the file does not fit it.

    `precision` and `providers`: as in `open_session`.
    """
    states = clip_of(card).states
    graph = open_graph(path, precision=precision, providers=providers)
    return StreamSession(card, path, graph) if states else ClipSession(card, path, graph)


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


def _fits(found: Sequence[Size], wanted: Sequence[int]) -> bool:
    return len(found) == len(wanted) and all(
        size == here for here, size in zip(found, wanted, strict=True) if isinstance(here, int)
    )


def _state(path: Path, given: Tensor) -> tuple[int, ...]:
    if given.sizes is None:
        raise ModelError(
            f"{path.name}: state {given.name!r} is {list(given.shape)}; allowed: fixed sizes"
        )
    return given.sizes


def _checked(answer: Output, words: int, path: Path) -> Shares:
    total = float(answer.sum())
    if answer.size != words:
        raise ModelError(f"{path.name}: answers {answer.size} numbers, its card has {words} words")
    if not abs(total - 1.0) <= SUM_OFF or float(answer.min()) < 0.0:
        raise ModelError(
            f"{path.name}: answers no probabilities (sum {total:.3g}); end the graph with softmax"
        )
    return shares_of([answer])
