"""What a part must do to stand in the house. Pixels are synchronous; the network is async."""

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float32

from vigil.core.alerts import Alert
from vigil.core.boxes import Box, Boxes
from vigil.core.cases import Case
from vigil.core.clips import Clip
from vigil.core.detections import Detections
from vigil.core.events import Step
from vigil.core.frames import Crop, Frame, Image, Look, Rung
from vigil.core.packets import Packet
from vigil.core.samples import Limits
from vigil.core.scenes import Reading, Scene, Signals, Sound
from vigil.core.verdicts import Verdict


class Source(Protocol):
    """A stream of packets: a camera, a file, a folder of images."""

    name: str

    @property
    def live(self) -> bool:
        """Whether it goes on without us: a camera does not wait, a file does."""
        ...

    def packets(self) -> Iterator[Packet]:
        """Yield packets in decoding order until the source ends or is lost.

        Raises `SourceRefused` when it must not be opened, `SourceLost` when it broke off.
        """
        ...

    def close(self) -> None:
        """End `packets`, from any thread and for good."""
        ...


class Gate(Protocol):
    """The cheapest look at pixels: did anything change? One gate per camera."""

    def see(self, frame: Frame) -> Signals:
        """Compare with the background, adapt it, and say how much moves."""
        ...

    @property
    def open(self) -> bool:
        """Whether what was last seen is worth a detector, with hysteresis."""
        ...

    @property
    def nearness(self) -> float:
        """How near what was last seen came to opening it, 0 to 1."""
        ...

    @property
    def identical_to_last(self) -> bool:
        """Whether the last two pictures were one, if coded twice: a frozen camera."""
        ...

    def hold(self, boxes: Boxes) -> None:
        """Where something is believed that must not become background (source pixels)."""
        ...

    def regions(self) -> Boxes:
        """Where it moves, in source pixels; (0, 4) when nothing does."""
        ...


class Sense(Protocol):
    """Cheap arithmetic on pictures that rules read, done once however many they are.

    One object per camera, made only when a rule names it among its `signals`; that of rain
    where samples are kept.
    """

    @property
    def every_picture(self) -> bool:
        """Whether it must see each decoded picture; else those that the gate compares, 5 Hz."""
        ...

    def see(self, frame: Frame, scene: Scene | None) -> None:
        """Take in a picture; `scene` is what was believed of the moment before."""
        ...

    def tell(self, signals: Signals) -> Signals:
        """The same signals, with what it knows now in its own field."""
        ...


class Enhancer(Protocol):
    """Makes pictures easier to detect in; boxes stay where they are. One enhancer per camera."""

    def see(self, frame: Frame) -> None:
        """Any decoded picture while the camera is awake, in order, before it is looked at."""
        ...

    def enhance(self, frame: Frame) -> Frame:
        """The same moment and size; its pixels are made when they are asked for."""
        ...


class Detector(Protocol):
    """Find objects."""

    @property
    def needs(self) -> Rung:
        """The rung on which its cameras may rest: `LUMA` when it learns a background itself."""
        ...

    def detect(self, looks: Sequence[Look]) -> list[Detections]:
        """One `Detections` per look, in the same order; looks may come from many cameras."""
        ...


class Tracker(Protocol):
    """Follow objects from look to look. One tracker per camera."""

    @property
    def ambiguous(self) -> bool:
        """Whether looking again soon would tell more than waiting."""
        ...

    def update(self, look: Look, detections: Detections | None) -> Scene:
        """Move to the look's time. None: nobody looked; empty: nothing was there."""
        ...


class Ear(Protocol):
    """Turn a stream's sound into words. One object per camera, where a rule reads sounds."""

    @property
    def heard_s(self) -> float:
        """Until when it has heard the stream, UTC seconds; minus infinity before the first."""
        ...

    def hear(self, packet: Packet) -> None:
        """Take in a packet of sound. Raises `DecodeError` when there is no decoder for it."""
        ...

    def twin(self) -> "Ear":
        """A new one for another camera; the two share their weights."""
        ...

    def sounds(self) -> tuple[Sound, ...]:
        """What was heard in the last seconds before `heard_s`, the oldest first."""
        ...


class Reader(Protocol):
    """A second look at what a track's box shows. Cameras that set theirs alike share one."""

    @property
    def kind(self) -> str:
        """Of its readings; rules ask for them by this word."""
        ...

    @property
    def wants(self) -> frozenset[str]:
        """Labels of the tracks that it reads; empty means all."""
        ...

    @property
    def area(self) -> Box:
        """The part of a track's box that it looks at, in the box's widths and heights."""
        ...

    @property
    def width(self) -> int:
        """Of a crop, pixels: more are of no use to it."""
        ...

    @property
    def again_s(self) -> float | None:
        """After how long a track is read again whose shape changes.

        None: what it reads stays so, and a few crops of a track vote on it.
        """
        ...

    def read(self, crops: Sequence[Crop]) -> list[Reading | None]:
        """One answer a crop; None: this one does not tell."""
        ...


class Rule(Protocol):
    """Turn scenes into steps of events. One rule object per camera; it keeps its own memory."""

    name: str

    @property
    def needs(self) -> Rung:
        """The rung on which its camera may rest while nothing happens.

        `KEYFRAME` for most; `LUMA` when things shorter than a group of pictures, or too slow to
        open a gate, matter; `DETECT` or `FULL` when a detector must look even at a still picture.
        """
        ...

    @property
    def signals(self) -> frozenset[str]:
        """Costly signals that it reads, by the names of their fields in `Signals`; or none."""
        ...

    @property
    def wants(self) -> frozenset[str]:
        """Labels that it reads; empty means all."""
        ...

    def update(self, scene: Scene) -> list[Step]: ...

    def close(self, time_s: float) -> list[Step]:
        """The stream has ended: give every open event its `end`."""
        ...


@runtime_checkable
class Hurried(Protocol):
    """A rule about things that may be over between two looks at the usual rate."""

    @property
    def hurried(self) -> bool:
        """Whether what it saw last is worth as many looks as there are, for a moment."""
        ...


@runtime_checkable
class Dismissible(Protocol):
    """A rule whose events somebody may dismiss."""

    def dismiss(self, event_id: str) -> list[Step]:
        """End an open event; nothing more is told of the same thing until it is over."""
        ...


@runtime_checkable
class Placed(Protocol):
    """A rule with places in which whatever stands there is left alone."""

    name: str
    fixtures: tuple[tuple[float, float, float, float], ...]
    """Boxes x1, y1, x2, y2 in fractions of the picture."""


class Sampler(Protocol):
    """Say which looks the next model should learn from. One object per camera."""

    @property
    def kind(self) -> str:
        """The reason that is written beside what it wants kept: a word, joined by `_`."""
        ...

    @property
    def limits(self) -> Limits:
        """How many of its wishes are granted."""
        ...

    def offer(
        self, look: Look, detections: Detections, scene: Scene, steps: Sequence[Step]
    ) -> float | None:
        """How much is to be learnt from a look, 0 to 1; None: not worth keeping.

        `scene` is what was believed after it, `steps` what the rules told of that.
        """
        ...


class Embedder(Protocol):
    """Turn pictures into vectors that are near when the pictures are alike."""

    def embed(self, images: Sequence[Image]) -> Float32[np.ndarray, "n d"]:
        """Unit length, one row an image."""
        ...


class Outbox(Protocol):
    """Where steps leave a shard. It keeps each one until it is acknowledged."""

    def put(self, step: Step, clip: Clip | None) -> None: ...


class Store(Protocol):
    """Remember events and where their clips are."""

    def record(self, step: Step, clip: Clip | None) -> None:
        """Write in one transaction, on the disk when it returns; the same step twice is once."""
        ...


class Verifier(Protocol):
    """Find out whether a claim is true."""

    async def verify(self, case: Case) -> Verdict:
        """Judge one event by its footage.

        Raises `BrainError` when a large model was needed and gave no answer, `SourceError` when
        the footage cannot be read. Pixels are worked on in a thread, so that the loop stays free.
        """
        ...

    async def close(self) -> None:
        """Let models and connections go."""
        ...


class Alerter(Protocol):
    """Tell somebody. One object a receiver; it keeps no queue of its own."""

    @property
    def pictures(self) -> bool:
        """Whether it can use a picture; then one is made for it."""
        ...

    async def open(self) -> None:
        """Be there before the first message, where a receiver sees that; failing is no error."""
        ...

    async def send(self, alert: Alert) -> str:
        """Return once the receiver has it; the same alert and sequence may come twice.

        Returns the receiver's own name for the message, by which it can be amended later, or
        nothing: what is returned for the first message comes back as `receipt` of the others.
        Raises `AlertDelayed` when it should be tried again, `AlertRefused` when that is no use.
        """
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...
