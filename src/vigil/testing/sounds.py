"""Sounds made from nothing, and films that have them."""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.codeccontext import AudioCodecContext
from jaxtyping import Float32

from vigil.core import Encoding, Packet
from vigil.media.mux import Muxer
from vigil.testing.films import Walk, tiny_stream

RATE = 16_000
Wave = Float32[np.ndarray, "n"]
"""Mono, -1 to 1."""
ENCODERS = {"opus": "libopus"}


def beeps(
    seconds: float,
    *,
    hertz: float = 3100.0,
    on_s: float = 0.5,
    off_s: float = 0.5,
    level: float = 0.5,
    rate: int = RATE,
) -> Wave:
    """A smoke detector: loud, high, at equal intervals."""
    t = np.arange(round(seconds * rate)) / rate
    is_on = (t % (on_s + off_s)) < on_s
    return np.asarray(level * np.sin(2 * np.pi * hertz * t) * is_on, np.float32)


def siren(seconds: float, *, level: float = 0.5, rate: int = RATE) -> Wave:
    """A tone that goes up and down between 600 and 1400 Hz every other second."""
    t = np.arange(round(seconds * rate)) / rate
    hertz = 1000 + 400 * np.sin(np.pi * t)
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    tones = np.sin(phase) + 0.4 * np.sin(2 * phase) + 0.2 * np.sin(3 * phase)
    return np.asarray(level * tones / 1.6, np.float32)


def glass(*, level: float = 0.9, seed: int = 0, rate: int = RATE) -> Wave:
    """A blow, and then many short high tones that die away: shards that fall."""
    random = np.random.default_rng(seed)
    t = np.arange(round(1.5 * rate)) / rate
    wave = random.normal(0, 0.7, len(t)) * np.exp(-t * 45)
    for _ in range(60):
        since = t - random.exponential(0.25)
        ringing = np.exp(-np.maximum(since, 0) * random.uniform(25, 90)) * (since > 0)
        wave += (
            random.uniform(0.05, 0.4)
            * ringing
            * np.sin(2 * np.pi * random.uniform(2500, 7500) * since)
        )
    return np.asarray(level * wave / np.abs(wave).max(), np.float32)


def bang(*, level: float = 0.9, seed: int = 0, rate: int = RATE) -> Wave:
    """A burst of noise that dies away within a third of a second."""
    random = np.random.default_rng(seed)
    t = np.arange(round(0.35 * rate)) / rate
    wave = random.normal(0, 1, len(t)) * np.exp(-t * 18)
    return np.asarray(level * wave / np.abs(wave).max(), np.float32)


def noise(seconds: float, *, level: float = 0.003, seed: int = 0, rate: int = RATE) -> Wave:
    """The hiss of a cheap microphone in a room: more low than high."""
    random = np.random.default_rng(seed)
    white = random.normal(0, 1, round(seconds * rate))
    low = np.convolve(white, np.full(8, 1 / 8), "same")
    return np.asarray(level * (low + 0.2 * white), np.float32)


def with_sounds(ground: Wave, *sounds: tuple[float, Wave], rate: int = RATE) -> Wave:
    """Sounds laid over a background, each at its second."""
    mixed = ground.copy()
    for at_s, sound in sounds:
        start = round(at_s * rate)
        part = mixed[start : start + len(sound)]
        part += sound[: len(part)]
    return np.asarray(np.clip(mixed, -1, 1), np.float32)


def sound_packets(
    wave: Wave,
    *,
    codec: str = "aac",
    rate: int = RATE,
    channels: int = 1,
    source: str = "tiny",
    start_s: float = 0.0,
) -> list[Packet]:
    """The wave as a camera would send it, the same on all channels."""
    context = _encoder(codec, rate, channels)
    encoding = Encoding(
        kind="audio",
        codec=codec,
        extradata=context.extradata or b"",
        time_base=Fraction(1, rate),
        sample_rate=rate,
        channels=channels,
    )
    step = context.frame_size or rate // 50
    encoded: list[tuple[float, bytes]] = []
    resampler = av.AudioResampler(
        format=context.format, layout=context.layout, rate=rate, frame_size=step
    )
    for frame in (*resampler.resample(_frame(wave, rate, channels)), *resampler.resample(None)):
        encoded += _bytes_of(context.encode(frame), len(encoded), step, rate)
    encoded += _bytes_of(context.encode(None), len(encoded), step, rate)
    return [
        Packet(
            source=source,
            encoding=encoding,
            data=data,
            pts=round(time_s * rate),
            dts=round(time_s * rate),
            duration=step,
            key=True,
            time_s=start_s + time_s,
            received_s=start_s + time_s,
        )
        for time_s, data in encoded
    ]


def sounding_film(
    path: Path,
    seconds: float,
    wave: Wave | None,
    walks: Iterable[Walk] = (),
    *,
    codec: str = "aac",
) -> Path:
    """A tiny film with sound, written by our own muxer; returns `path`."""
    packets = tiny_stream(seconds, tuple(walks))
    sound = [] if wave is None else sound_packets(wave, codec=codec)
    muxer = Muxer(path, packets[0].encoding, sound[0].encoding if sound else None)
    for packet in sorted([*packets, *sound], key=lambda each: each.time_s):
        muxer.write(packet)
    muxer.close()
    return path


def _encoder(codec: str, rate: int, channels: int) -> AudioCodecContext:
    context = av.CodecContext.create(ENCODERS.get(codec, codec), "w")
    assert isinstance(context, AudioCodecContext)
    formats = context.codec.audio_formats or ()
    names = [form.name for form in formats]
    context.format = next((name for name in ("fltp", "s16", "s16p") if name in names), names[0])
    context.layout = "stereo" if channels == 2 else "mono"
    context.sample_rate = rate
    context.time_base = Fraction(1, rate)
    if codec in ("aac", "opus"):
        context.bit_rate = 64_000
    context.flags |= av.codec.context.Flags.global_header
    context.open()
    return context


def _frame(wave: Wave, rate: int, channels: int) -> av.AudioFrame:
    rows = np.repeat(np.ascontiguousarray(wave[None], np.float32), channels, axis=0)
    frame = av.AudioFrame.from_ndarray(rows, "fltp", "stereo" if channels == 2 else "mono")
    frame.sample_rate = rate
    frame.pts, frame.time_base = 0, Fraction(1, rate)
    return frame


def _bytes_of(
    packets: "Iterable[av.Packet]",  # type: ignore[type-arg]
    before: int,
    step: int,
    rate: int,
) -> list[tuple[float, bytes]]:
    return [((before + n) * step / rate, bytes(packet)) for n, packet in enumerate(packets)]
