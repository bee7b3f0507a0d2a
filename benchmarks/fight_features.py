"""What can be said of a clip without learning to see: how it changes, what moves, what is heard.

All of it is frozen, computed once a clip, and small, since some fifty clips can teach no network of
millions of parameters. None of it knows what a person is.
"""

from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

from benchmarks.fight_clips import FightClip
from vigil.core import Embedder
from vigil.infer.live import OpenModel
from vigil.media.flow import Flow, dense_flow
from vigil.media.log_mel import log_mel
from vigil.stages.hear.logmel import PATCH
from vigil.stages.hear.logmel import log_mel as heard_by_yamnet
from vigil.stages.hear.model_ear import as_picture

Row = Float32[np.ndarray, " d"]
SHARES = (50.0, 80.0, 95.0, 99.0)
"""Percentiles over a picture: motion that fills it and motion in a corner are told apart."""
GRID = 4
MOVES_PX = 1.0
"""Pixels of 112 in a tenth of a second, above which a place counts as moving."""


def embedded(
    pictures: UInt8[np.ndarray, "t h w 3"], embedder: Embedder
) -> Float32[np.ndarray, "t d"]:
    """What a network that never saw a film says of each picture."""
    return np.asarray(embedder.embed(list(pictures)), np.float32)


def changes(vectors: Float32[np.ndarray, "t d"]) -> Row:
    """How far each number moves from picture to picture, and over the whole clip."""
    steps = np.abs(np.diff(vectors, axis=0)).mean(0)
    return np.concatenate([steps, vectors.std(0)]).astype(np.float32)


def seen(vectors: Float32[np.ndarray, "t d"]) -> Row:
    """What the pictures show in the mean, and how it changes."""
    return np.concatenate([vectors.mean(0), changes(vectors)]).astype(np.float32)


def moved(pictures: UInt8[np.ndarray, "t h w 3"]) -> Row:
    """How fast, how suddenly, how widely and in how many ways things move."""
    lumas = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in pictures]
    flows = [_steadied(dense_flow(before, after)) for before, after in pairwise(lumas)]
    rows = np.stack([_motion(flow) for flow in flows])
    # Violent flows (Hassner et al. 2012): how speed itself changes tells a fight from a walk.
    speeds = [np.hypot(*np.moveaxis(flow, 2, 0)) for flow in flows]
    jerks = np.stack([_spread(np.abs(after - before)) for before, after in pairwise(speeds)])
    lights = np.stack(
        [_spread(np.abs(b.astype(np.float32) - a)) for a, b in pairwise(lumas)]
    )  # fmt: skip
    parts = [_over_time(each) for each in (rows, jerks, lights)]
    return np.log1p(np.concatenate(parts)).astype(np.float32)


def sharpness(pictures: UInt8[np.ndarray, "t h w 3"]) -> Row:
    """Edges and grain, and nothing of what is shown: who is right by these reads the encoder."""
    lumas = [cv2.cvtColor(each, cv2.COLOR_RGB2GRAY) for each in pictures]
    rows = [
        (cv2.Laplacian(luma, cv2.CV_32F).var(), cv2.absdiff(luma, cv2.medianBlur(luma, 3)).mean())
        for luma in lumas
    ]
    return np.log1p(np.mean(rows, axis=0)).astype(np.float32)


def heard(clip: FightClip, ear: OpenModel) -> Row | None:
    """Loudness by band, how it jumps, and the sounds that YAMNet knows; None: no sound."""
    if clip.samples is None:
        return None
    mel = log_mel(clip.samples)
    bands = mel.reshape(len(mel), -1, 8).mean(2)
    jumps = np.abs(np.diff(bands, axis=0)).mean(0)
    scores = [
        ear.session.run(as_picture(heard_by_yamnet(clip.samples[start : start + PATCH]), ear))[0]
        for start in (0, len(clip.samples) - PATCH)
    ]
    words = np.sqrt(np.stack([score.reshape(-1) for score in scores]).max(0))
    return np.concatenate([bands.mean(0), bands.std(0), jumps, words]).astype(np.float32)


def _steadied(flow: Flow) -> Flow:
    """Without what all of the picture does: the camera shook."""
    return np.asarray(flow - np.median(flow, axis=(0, 1)), np.float32)


def _motion(flow: Flow) -> Row:
    across, down = np.moveaxis(flow, 2, 0)
    speed = np.hypot(across, down)
    cells = np.sort(cv2.resize(speed, (GRID, GRID), interpolation=cv2.INTER_AREA).ravel())
    ways, _ = np.histogram(
        np.arctan2(down, across), bins=8, range=(-np.pi, np.pi), weights=speed
    )  # fmt: skip
    share = ways / max(float(ways.sum()), 1e-6)
    mixed = -float((share * np.log(share + 1e-6)).sum())
    turning = np.abs(np.gradient(down, axis=1) - np.gradient(across, axis=0))
    spreading = np.abs(np.gradient(across, axis=1) + np.gradient(down, axis=0))
    moving = float((speed > MOVES_PX).mean())
    return np.concatenate(
        [_spread(speed), cells[[-1, -2, -4, -8]], [mixed, moving, turning.mean(), spreading.mean()]]
    ).astype(np.float32)


def _spread(values: np.ndarray) -> Row:
    return np.asarray([values.mean(), *np.percentile(values, SHARES)], np.float32)


def _over_time(rows: Float32[np.ndarray, "t d"]) -> Row:
    """The mean, the most, and how uneven it is."""
    return np.concatenate([rows.mean(0), rows.max(0), rows.std(0)]).astype(np.float32)


def table(rows: Sequence[Row | None]) -> Float32[np.ndarray, "n d"]:
    """Of clips that lack it a row of NaN."""
    width = next(len(row) for row in rows if row is not None)
    blank = np.full(width, np.nan, np.float32)
    return np.stack([blank if row is None else row for row in rows])
