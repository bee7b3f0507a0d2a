"""Films decoded once: a clip's pictures at the size of training, and its sound as spectra.

FOLDER/ab/abcd….npz    times, JPEG pictures one after the other, where each ends, log-mel rows
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import cv2
import numpy as np
from jaxtyping import Float32, Float64, Int64, UInt8

from vigil.core import DataError, Frame, Image, SourceError
from vigil.media.films import frames_at, picture_times
from vigil.media.log_mel import film_sound, log_mel, stretch
from vigil.media.sampling import Span
from vigil.train.video.clips import VideoClip

LARGER = 8 / 7
"""What is kept against what a network takes: 256 to 224, as the papers have it."""
MOST = 256
"""Pictures of one clip."""
QUALITY = 95
Heard = Float32[np.ndarray, "rows mels"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """What is left of a clip."""

    times: Float64[np.ndarray, " n"]
    """Seconds of the file, rising."""
    data: UInt8[np.ndarray, " bytes"]
    ends: Int64[np.ndarray, " n"]
    mel: Heard | None
    """None: there is no sound, or nobody asked."""

    @property
    def span(self) -> Span:
        """The stretch that the pictures stand for."""
        return Span.of(self.times)

    def picture(self, index: int) -> Image:
        """RGB."""
        start = self.ends[index - 1] if index else 0
        # OpenCV takes the channels for blue, green, red both ways, so that the order stays.
        read = cv2.imdecode(self.data[start : self.ends[index]], cv2.IMREAD_COLOR)
        return np.asarray(read, np.uint8)


class Shelf:
    """Keeps clips while there is room, and decodes the others anew each time."""

    def __init__(
        self, folder: Path, *, side: int, rate_hz: float, sound: int | None, room_gb: float
    ) -> None:
        """`sound`: which track of a film is kept, from 0; None: nobody listens."""
        self._folder = folder
        self._short = round(side * LARGER)
        self._rate_hz, self._sound = rate_hz, sound
        self._room = int(room_gb * 1e9)
        self._used: int | None = None

    def kept(self, clip: VideoClip) -> Kept:
        """Raises `SourceError`, in one line, for a clip that cannot be read."""
        path = self._path(clip)
        try:
            return _opened(path)
        except (OSError, BadZipFile, KeyError, ValueError):
            # Not there, or cut short by a crash.
            made = self._decoded(clip)
        self._put(path, made)
        return made

    def readable(
        self,
        clips: Iterable[VideoClip],
        *,
        told: Callable[[int], object] = lambda done: None,
        refused: Callable[[str], object] = lambda line: None,
    ) -> list[VideoClip]:
        """Those that can be read, each decoded once; `refused` hears a line of each other one."""
        found = []
        for count, clip in enumerate(clips, start=1):
            try:
                self.kept(clip)
                found.append(clip)
            except SourceError as error:
                refused(f"{clip.path}: {error}")
            told(count)
        return found

    def _path(self, clip: VideoClip) -> Path:
        try:
            state = clip.path.stat()
            stamp = f"{state.st_size} {state.st_mtime_ns}"
        except OSError:
            stamp = "gone"
        said = (
            f"{clip.path.absolute()}\n{stamp}\n{clip.start_s} {clip.end_s}\n"
            f"{self._short} {self._rate_hz} {self._sound}"
        )
        mark = hashlib.sha256(said.encode()).hexdigest()[:32]
        return self._folder / mark[:2] / f"{mark}.npz"

    def _put(self, path: Path, made: Kept) -> None:
        if self._used is None:
            self._used = sum(each.stat().st_size for each in self._folder.rglob("*.npz"))
        if self._used + made.data.nbytes > self._room:
            return
        beside = path.with_name(f".{path.stem}-{os.getpid()}.npz")
        arrays = {name: each for name, each in vars(made).items() if each is not None}
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            np.savez(beside, allow_pickle=False, **arrays)
            beside.replace(path)
        except OSError as error:
            beside.unlink(missing_ok=True)
            raise DataError(f"{self._folder}: cannot be written: {error.strerror}") from error
        self._used += path.stat().st_size

    def _decoded(self, clip: VideoClip) -> Kept:
        wanted = _wanted(clip, picture_times(clip.path), self._rate_hz)
        found = {index: self._packed(frame) for index, frame in frames_at(clip.path, wanted)}
        ordered = [found[index] for index in sorted(found)]
        times = np.array([time_s for time_s, _ in ordered])
        ends = np.cumsum([len(data) for _, data in ordered])
        return Kept(
            times=times,
            data=np.concatenate([data for _, data in ordered]),
            ends=np.asarray(ends, np.int64),
            mel=None if self._sound is None else _heard(clip, Span.of(times), self._sound),
        )

    def _packed(self, frame: Frame) -> tuple[float, UInt8[np.ndarray, " n"]]:
        short = min(frame.width, frame.height)
        share = min(1.0, self._short / short)
        image = frame.rgb(max(1, round(frame.width * share)))
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        return frame.time_s, np.asarray(data, np.uint8)


def _heard(clip: VideoClip, span: Span, track: int) -> Heard | None:
    try:
        samples = film_sound(clip.path, track=track).samples
    except SourceError:
        return None
    return log_mel(stretch(samples, span.start_s, max(span.end_s, span.start_s + 0.1)))


def _wanted(
    clip: VideoClip, times: Float64[np.ndarray, " n"], rate_hz: float
) -> Float64[np.ndarray, " m"]:
    """Times of pictures within the clip, no closer than the rate says."""
    end_s = np.inf if clip.end_s is None else clip.end_s
    inside = times[(times >= clip.start_s) & (times < end_s)]
    if not len(inside):
        raise SourceError(f"no picture from {clip.start_s:g} s on")
    seconds = float(inside[-1] - inside[0])
    step_s = max(1 / rate_hz, seconds / (MOST - 1))
    # Half a picture of play: times are rounded, and 15 of 30 a second must be every second one.
    play_s = float(np.median(np.diff(inside))) / 2 if len(inside) > 1 else 0.0
    chosen: list[float] = []
    for time_s in inside:
        if not chosen or time_s - chosen[-1] >= step_s - play_s:
            chosen.append(float(time_s))
    return np.array(chosen[:MOST])


def _opened(path: Path) -> Kept:
    # NumPy leaves a file open that turns out to be none of its own.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as found:
        return Kept(
            times=found["times"],
            data=found["data"],
            ends=found["ends"],
            mel=found.get("mel"),
        )
