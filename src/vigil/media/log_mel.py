"""Sound for networks: a film's samples on its pictures' clock, denoised, as log-mel spectra.

What the watch hears goes through `vigil.stages.hear`, as it comes; this is for films that are over.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Complex64, Float32, Float64

from vigil.core import DecodeError, SourceRefused
from vigil.media.films import timed_packets
from vigil.media.hearing import RATE, Samples, SoundDecoder
from vigil.media.limits import Limits
from vigil.media.opening import open_file

Spectra = Float32[np.ndarray, "t mels"]

MOST_S = 4 * 3600.0
"""Of one film's sound in memory: a gigabyte."""
GATE_POINTS, GATE_HOP = 512, 128
QUIETEST = 20.0
"""The percentile of a band's magnitudes that is its noise."""
GATE = 3.0
"""Times the noise up to which a band is closed; at twice as much it is open."""
CLOSED = 0.1
"""What is left of a closed band: silence would click."""


class FilmSound(NamedTuple):
    """A sound track of a film."""

    samples: Samples
    """Mono, 16 000 a second, from second 0 of the file; silence where there is none."""
    failures: int
    """Packets that could not be decoded."""


@dataclass(frozen=True, kw_only=True)
class MelSettings:
    """The defaults are those of Whisper (Radford et al. 2022)."""

    points: int = 400
    """Samples a frame, under a periodic Hann window, and points of the transform."""
    hop: int = 160
    """Samples from one frame to the next."""
    mels: int = 80
    low_hz: float = 0.0
    high_hz: float = 8000.0
    scale: Literal["slaney", "htk"] = "slaney"
    """Slaney's is linear below 1 kHz, and his triangles have equal areas."""
    floor: float = 1e-10
    """Least power, of which the logarithm to base 10 is taken."""


WHISPER = MelSettings()


def film_sound(path: Path | str, *, track: int = 0, limits: Limits | None = None) -> FilmSound:
    """All of a film's sound, other rates and channels made one. `track`: of several, from 0.

    Raises `SourceRefused`, with one line why, for what is no film, has no sound or no such track,
    more than four hours of it, or none that can be decoded.
    """
    with open_file(path, limits=limits, sound=track) as demuxer:
        name = demuxer.name
        if demuxer.audio is None:
            raise SourceRefused(f"{name}: no sound in it")
        try:
            decoder = SoundDecoder(demuxer.audio)
        except DecodeError as error:
            raise SourceRefused(f"{name}: {error}") from error
        pieces: list[tuple[int, Samples]] = []
        for packet in timed_packets(demuxer):
            if packet.encoding.kind == "audio":
                pieces += [(round(t * RATE), s) for t, s in decoder.decode(packet)]
                if pieces and pieces[-1][0] > MOST_S * RATE:
                    raise SourceRefused(f"{name}: more than {MOST_S / 3600:.0f} h of sound")
    if not pieces:
        raise SourceRefused(f"{name}: none of its sound can be decoded")
    samples = np.zeros(max(0, *(first + len(piece) for first, piece in pieces)), np.float32)
    for first, piece in pieces:
        # What an encoder puts before second 0 to warm up is no sound of the film.
        piece = piece[max(0, -first) :]  # noqa: PLW2901
        samples[max(0, first) : max(0, first) + len(piece)] = piece
    return FilmSound(samples, decoder.failures)


def stretch(samples: Samples, start_s: float, end_s: float) -> Samples:
    """The sound of a clip, as long as the clip: silence where the film has no sound."""
    if not end_s >= start_s:
        raise ValueError(f"from {start_s} s to {end_s} s is no stretch")
    first, end = round(start_s * RATE), round(end_s * RATE)
    found = np.zeros(end - first, np.float32)
    there = samples[max(0, first) : max(0, end)]
    found[max(0, -first) : max(0, -first) + len(there)] = there
    return found


def log_mel(samples: Samples, settings: MelSettings = WHISPER) -> Spectra:
    """One row a hop: row i is centred on sample `i * hop`, mirrored at the ends.

    As `transformers.audio_utils.spectrogram` with `log_mel="log10"`. Raises `ValueError` for less
    than half a frame.
    """
    half = settings.points // 2
    if len(samples) <= half:
        raise ValueError(f"{len(samples)} samples; at least {half + 1} are needed")
    frames = _frames(np.pad(samples, half, mode="reflect"), settings.points, settings.hop)
    power = np.abs(np.fft.rfft(frames * _hann(settings.points), axis=1)) ** 2
    return np.asarray(np.log10(np.maximum(settings.floor, power @ triangles(settings))), np.float32)


def row_times(rows: int, start_s: float = 0.0, settings: MelSettings = WHISPER) -> np.ndarray:
    """Seconds at the middle of each row, for a stretch that begins at `start_s`."""
    return start_s + np.arange(rows) * (settings.hop / RATE)


def denoised(samples: Samples) -> Samples:
    """Close each band of frequencies while it is no louder than its own noise (spectral gate).

    Noise is what a band has in its quietest fifth of the time: a hum that never stops goes away,
    and so does a siren that never stops.
    """
    if len(samples) < GATE_POINTS:
        return samples
    padded = np.pad(samples, GATE_POINTS)
    padded = np.pad(padded, (0, -len(padded) % GATE_HOP))
    window = _hann(GATE_POINTS)
    bands: Complex64[np.ndarray, "t bands"] = np.fft.rfft(
        _frames(padded, GATE_POINTS, GATE_HOP) * window, axis=1
    )
    loud = np.abs(bands)
    # The padding is silence, and no band's noise.
    inner = loud[GATE_POINTS // GATE_HOP : -(GATE_POINTS // GATE_HOP)]
    noise = np.percentile(inner, QUIETEST, axis=0)
    gains = np.clip((loud / np.maximum(GATE * noise, 1e-9) - 1), CLOSED, 1)
    # A band that opens for a single frame is noise that chirps.
    near = np.pad(gains, ((1, 1), (1, 1)), mode="edge")
    rows, columns = gains.shape
    smooth = sum(near[i : i + rows, j : j + columns] for i in range(3) for j in range(3)) / 9
    pieces = np.fft.irfft(bands * smooth, axis=1) * window
    found, weight = np.zeros(len(padded)), np.zeros(len(padded))
    for number, piece in enumerate(pieces):
        first = number * GATE_HOP
        found[first : first + GATE_POINTS] += piece
        weight[first : first + GATE_POINTS] += window**2
    found /= np.maximum(weight, 1e-6)
    return np.asarray(found[GATE_POINTS : GATE_POINTS + len(samples)], np.float32)


@lru_cache(maxsize=8)
def triangles(settings: MelSettings) -> Float64[np.ndarray, "bands mels"]:
    """Weight of each point of the transform in each mel; shared: do not write to it."""
    to_mel, to_hz = (_slaney_mel, _slaney_hz) if settings.scale == "slaney" else (_htk_mel, _htk_hz)
    ends = to_mel(np.array([settings.low_hz, settings.high_hz]))
    edges = to_hz(np.linspace(ends[0], ends[1], settings.mels + 2))
    points = np.linspace(0, RATE / 2, settings.points // 2 + 1)[:, None]
    rising = (points - edges[:-2]) / np.diff(edges)[:-1]
    falling = (edges[2:] - points) / np.diff(edges)[1:]
    weights = np.maximum(0.0, np.minimum(rising, falling))
    if settings.scale == "slaney":
        weights *= 2.0 / (edges[2:] - edges[:-2])
    return np.asarray(weights)


def _frames(samples: np.ndarray, points: int, hop: int) -> np.ndarray:
    return np.asarray(np.lib.stride_tricks.sliding_window_view(samples, points)[::hop])


@lru_cache(maxsize=8)
def _hann(points: int) -> Float64[np.ndarray, "n"]:
    return np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(points) / points))


def _htk_mel(hertz: np.ndarray) -> np.ndarray:
    return np.asarray(2595.0 * np.log10(1.0 + hertz / 700.0))


def _htk_hz(mels: np.ndarray) -> np.ndarray:
    return np.asarray(700.0 * (10.0 ** (mels / 2595.0) - 1.0))


def _slaney_mel(hertz: np.ndarray) -> np.ndarray:
    above = 15.0 + np.log(np.maximum(hertz, 1e-9) / 1000.0) * (27.0 / np.log(6.4))
    return np.where(hertz < 1000.0, 3.0 * hertz / 200.0, above)


def _slaney_hz(mels: np.ndarray) -> np.ndarray:
    above = 1000.0 * np.exp(np.log(6.4) / 27.0 * (mels - 15.0))
    return np.where(mels < 15.0, 200.0 * mels / 3.0, above)
