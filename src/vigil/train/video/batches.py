"""From kept clips to batches: moments chosen by time, varied alike in all pictures of a clip."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor
from torch.utils.data import Dataset

from vigil.core import Image
from vigil.media.flow import flow_clip
from vigil.media.log_mel import WHISPER
from vigil.media.sampling import Times, dense, dense_clips, nearest, segment_clips, segments
from vigil.train.video.clips import VideoClip
from vigil.train.video.presets import Preset
from vigil.train.video.settings import VideoSettings
from vigil.train.video.shelf import Heard, Kept, Shelf

LEAST_AREA = 0.4
"""Of a picture that is cut for training."""
LONGER = 1.33
"""How far a cut may change the shape."""
MIDDLE = 7 / 8
"""Of the shorter side is looked at in a test: the middle of a picture of 256 at 224."""
MEL_ROWS = 304
"""Of sound: three seconds, and silence where a clip is shorter."""
PIXELS = 255.0
MEL_SILENT = -10.0
"""Log-mel of silence."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """One sight of a clip, as networks take it."""

    rgb: UInt8[np.ndarray, "t h w 3"] | None
    flow: Float32[np.ndarray, "t h w 2"] | None
    mel: Heard | None
    """NaN where a clip has no sound, as fusion wants it; None: nobody listens."""
    times: Times
    """Seconds of the file at which the pictures were taken."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Way:
    """How a clip is looked at."""

    settings: VideoSettings
    preset: Preset

    def learnt(self, kept: Kept, chance: np.random.Generator) -> Seen:
        """One sight, drawn: other moments, another cut, other light each time."""
        settings, span = self.settings, kept.span
        if settings.sampling == "segments":
            wanted = segments(span, self.preset.frames, chance)
        else:
            wanted = dense(span, self.preset.frames, settings.step_s, chance)
        cut = _Cut.drawn(kept.picture(0), settings, self.preset.side, chance)
        return self._seen(kept, wanted, cut, _mel(kept.mel, chance))

    def judged(self, kept: Kept) -> list[Seen]:
        """As many sights as a test averages over, always the same."""
        settings, span = self.settings, kept.span
        if settings.sampling == "segments":
            rows = segment_clips(span, settings.views, self.preset.frames)
        else:
            rows = dense_clips(span, settings.views, self.preset.frames, settings.step_s)
        cut = _Cut.middle(kept.picture(0), settings, self.preset.side)
        return [self._seen(kept, row, cut, _mel(kept.mel, None)) for row in rows]

    def _seen(self, kept: Kept, wanted: Times, cut: "_Cut", mel: Heard) -> Seen:
        chosen = nearest(kept.times, wanted)
        streams = self.settings.streams
        pictures = {int(index): cut.of(kept.picture(int(index))) for index in np.unique(chosen)}
        rgb = np.stack([pictures[int(index)] for index in chosen]) if "rgb" in streams else None
        return Seen(
            rgb=rgb,
            flow=_flow(kept, chosen, cut, pictures) if "flow" in streams else None,
            mel=mel if "audio" in streams else None,
            times=kept.times[chosen],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Cut:
    """What is cut out of every picture of a clip, and in which light it stands."""

    left: int
    top: int
    wide: int
    high: int
    side: int
    mirrored: bool = False
    gains: tuple[float, float, float] = (1.0, 0.0, 1.0)
    """Contrast, brightness (of 255), saturation."""

    @classmethod
    def middle(cls, picture: Image, settings: VideoSettings, side: int) -> "_Cut":
        height, width = picture.shape[:2]
        wide, high = width, height
        if settings.framing == "crop":
            wide = high = max(1, round(min(width, height) * MIDDLE))
        return cls(
            left=(width - wide) // 2, top=(height - high) // 2, wide=wide, high=high, side=side
        )

    @classmethod
    def drawn(
        cls, picture: Image, settings: VideoSettings, side: int, chance: np.random.Generator
    ) -> "_Cut":
        height, width = picture.shape[:2]
        scale = float(np.sqrt(chance.uniform(LEAST_AREA, 1.0)))
        longer = float(np.exp(chance.uniform(-1, 1) * np.log(LONGER) / 2))
        whole = (min(width, height),) * 2 if settings.framing == "crop" else (width, height)
        wide = max(1, min(width, round(whole[0] * scale * longer)))
        high = max(1, min(height, round(whole[1] * scale / longer)))
        reach = settings.colour
        return cls(
            left=int(chance.integers(width - wide + 1)),
            top=int(chance.integers(height - high + 1)),
            wide=wide,
            high=high,
            side=side,
            mirrored=settings.flip and bool(chance.random() < 0.5),
            gains=(
                1 + float(chance.uniform(-reach, reach)),
                PIXELS * float(chance.uniform(-reach, reach)),
                1 + float(chance.uniform(-reach, reach)),
            ),
        )

    def of(self, picture: Image) -> Image:
        piece = picture[self.top : self.top + self.high, self.left : self.left + self.wide]
        piece = piece[:, ::-1] if self.mirrored else piece
        drawn = cv2.resize(piece, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        if self.gains == (1.0, 0.0, 1.0):
            return np.asarray(drawn, np.uint8)
        contrast, brightness, saturation = self.gains
        colours = drawn.astype(np.float32)
        grey = colours.mean(2, keepdims=True)
        colours = grey + saturation * (colours - grey)
        middle = float(grey.mean())
        lit = middle + contrast * (colours - middle) + brightness
        return np.asarray(np.clip(lit, 0, 255), np.uint8)


def _flow(
    kept: Kept, chosen: np.ndarray, cut: _Cut, pictures: dict[int, Image]
) -> Float32[np.ndarray, "t h w 2"]:
    """From each chosen picture to the next one that is kept; the last one's from the one before."""
    found: dict[int, np.ndarray] = {}
    last = len(kept.times) - 1
    for each in np.unique(chosen):
        first = max(0, min(int(each), last - 1))
        pair = []
        for index in (first, min(first + 1, last)):
            if index not in pictures:
                pictures[index] = cut.of(kept.picture(index))
            pair.append(cv2.cvtColor(pictures[index], cv2.COLOR_RGB2GRAY))
        found[int(each)] = flow_clip(pair)[0]
    return np.stack([found[int(each)] for each in chosen])


def _mel(mel: Heard | None, chance: np.random.Generator | None) -> Heard:
    """Three seconds of the sound: at random, or the middle."""
    if mel is None:
        return np.full((MEL_ROWS, WHISPER.mels), np.nan, np.float32)
    spare = len(mel) - MEL_ROWS
    if spare <= 0:
        return np.pad(mel, ((0, -spare), (0, 0)), constant_values=MEL_SILENT)
    start = spare // 2 if chance is None else int(chance.integers(spare + 1))
    return mel[start : start + MEL_ROWS]


class ClipSights(Dataset[tuple[Seen, Tensor]]):
    """Clips to learn from, each seen otherwise every time."""

    def __init__(
        self,
        clips: Sequence[VideoClip],
        truth: Callable[[VideoClip, Times], Tensor],
        shelf: Shelf,
        way: Way,
    ) -> None:
        """`truth`: what is true of a clip whose pictures were taken at such times."""
        self._clips, self._truth = clips, truth
        self._shelf, self._way = shelf, way
        self._chance = np.random.default_rng(way.settings.seed)

    def __len__(self) -> int:
        return len(self._clips)

    def __getitem__(self, number: int) -> tuple[Seen, Tensor]:
        clip = self._clips[number]
        seen = self._way.learnt(self._shelf.kept(clip), self._chance)
        return seen, self._truth(clip, seen.times)


def together(sights: Sequence[tuple[Seen, Tensor]]) -> dict[str, Tensor]:
    """A batch: `rgb` and `flow` (b, t, c, h, w), `audio` (b, rows, mels), `truth`."""
    return streams_of([seen for seen, _ in sights]) | {
        "truth": torch.stack([truth for _, truth in sights])
    }


def streams_of(seen: Sequence[Seen]) -> dict[str, Tensor]:
    """What networks take of some sights."""
    found = {}
    if seen[0].rgb is not None:
        found["rgb"] = _stacked([each.rgb for each in seen])
    if seen[0].flow is not None:
        found["flow"] = _stacked([each.flow for each in seen])
    if seen[0].mel is not None:
        rows = [each.mel for each in seen if each.mel is not None]
        found["audio"] = torch.from_numpy(np.stack(rows))
    return found


def _stacked(pictures: Sequence[np.ndarray | None]) -> Tensor:
    whole = np.stack([each for each in pictures if each is not None])
    return torch.from_numpy(np.ascontiguousarray(whole.transpose(0, 1, 4, 2, 3)))
