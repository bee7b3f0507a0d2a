"""Sound of films on the clock of their pictures, and spectra that equal a published reference."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np
import pytest

from vigil.core import SourceRefused
from vigil.media.hearing import RATE
from vigil.media.log_mel import MelSettings, denoised, film_sound, log_mel, row_times, stretch


def tone(hertz: float, seconds: float, rate: int = RATE) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(
        np.float32
    )


def write(
    path: Path, tracks: Sequence[np.ndarray], *, rate: int = 44_100, starts_s: float = 0.0
) -> Path:
    """Two seconds of pictures, and stereo tracks of raw samples that begin at `starts_s`."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        sounds = [container.add_stream("pcm_s16le", rate=rate, layout="stereo") for _ in tracks]
        for _ in range(20):
            grey = np.full((48, 64, 3), 99, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(video.encode(None))
        for stream, samples in zip(sounds, tracks, strict=True):
            both = np.repeat((samples * 32767).astype(np.int16), 2)[None]
            frame = av.AudioFrame.from_ndarray(both, format="s16", layout="stereo")
            frame.rate, frame.pts = rate, round(starts_s * rate)
            container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def loudest_hz(samples: np.ndarray) -> float:
    return float(np.abs(np.fft.rfft(samples)).argmax() * RATE / len(samples))


def test_sound_is_made_mono_at_one_rate(tmp_path: Path) -> None:
    found = film_sound(write(tmp_path / "film.mkv", [tone(440, 1.5, 44_100)]))
    assert found.failures == 0
    assert len(found.samples) == pytest.approx(1.5 * RATE, abs=200)
    assert loudest_hz(found.samples) == pytest.approx(440, abs=2)
    assert np.abs(found.samples).max() == pytest.approx(0.5, abs=0.02)


def test_sound_that_begins_late_is_late(tmp_path: Path) -> None:
    samples = film_sound(write(tmp_path / "film.mkv", [tone(440, 1.0, 44_100)], starts_s=0.7))[0]
    assert np.abs(samples[: round(0.69 * RATE)]).max() == 0
    assert np.abs(samples[round(0.72 * RATE) :]).max() > 0.4
    assert len(samples) == pytest.approx(1.7 * RATE, abs=200)


def test_of_several_tracks_the_first_is_heard_or_the_one_that_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "film.mkv", [tone(300, 1, 44_100), tone(2000, 1, 44_100)])
    assert loudest_hz(film_sound(path).samples) == pytest.approx(300, abs=3)
    assert loudest_hz(film_sound(path, track=1).samples) == pytest.approx(2000, abs=3)
    told = r"^film\.mkv: no sound track 2; there are: 0 \(pcm_s16le\), 1 \(pcm_s16le\)$"
    with pytest.raises(SourceRefused, match=told):
        film_sound(path, track=2)


def test_without_sound_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match=r"^film\.mkv: no sound in it$"):
        film_sound(write(tmp_path / "film.mkv", []))


def test_sound_that_is_broken_says_so(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("flac", rate=RATE, layout="mono")
        frame = av.AudioFrame.from_ndarray(
            (tone(440, 1) * 32767).astype(np.int16)[None], format="s16", layout="mono"
        )
        frame.rate, frame.pts = RATE, 0
        video = container.add_stream("libx264", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        grey = np.full((48, 64, 3), 99, np.uint8)
        container.mux(video.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(video.encode(None))
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            if packet.size:
                broken = av.Packet(b"\x55" * packet.size)
                broken.pts, broken.dts, broken.time_base = packet.pts, packet.dts, packet.time_base
                broken.stream = stream
                container.mux(broken)
    with pytest.raises(SourceRefused, match=r"film\.mkv: none of its sound can be decoded"):
        film_sound(path)


def test_a_stretch_is_as_long_as_its_clip() -> None:
    samples = np.arange(1, 2 * RATE + 1, dtype=np.float32)
    assert stretch(samples, 0.5, 1.0).tolist() == samples[RATE // 2 : RATE].tolist()
    before = stretch(samples, -0.25, 0.25)
    assert len(before) == RATE // 2
    assert not before[: RATE // 4].any()
    assert before[RATE // 4] == 1
    beyond = stretch(samples, 1.75, 3.0)
    assert len(beyond) == 1.25 * RATE
    assert beyond[RATE // 4 - 1] == 2 * RATE
    assert not beyond[RATE // 4 :].any()
    assert not stretch(samples, 9.0, 10.0).any()


@pytest.mark.parametrize(
    "settings",
    [
        MelSettings(),
        MelSettings(points=512, hop=256, mels=64, low_hz=125, high_hz=7500, scale="htk"),
    ],
)
def test_spectra_equal_those_of_transformers(settings: MelSettings) -> None:
    audio = pytest.importorskip("transformers.audio_utils", reason="transformers is not installed")
    random = np.random.default_rng(0)
    samples = (tone(700, 2) + random.normal(0, 0.05, 2 * RATE)).astype(np.float32)
    filters = audio.mel_filter_bank(
        num_frequency_bins=settings.points // 2 + 1,
        num_mel_filters=settings.mels,
        min_frequency=settings.low_hz,
        max_frequency=settings.high_hz,
        sampling_rate=RATE,
        norm="slaney" if settings.scale == "slaney" else None,
        mel_scale=settings.scale,
    )
    theirs = audio.spectrogram(
        samples,
        audio.window_function(settings.points, "hann"),
        frame_length=settings.points,
        hop_length=settings.hop,
        power=2.0,
        mel_filters=filters,
        log_mel="log10",
    ).T
    ours = log_mel(samples, settings)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-4


def test_a_row_is_of_its_moment() -> None:
    samples = np.zeros(2 * RATE, np.float32)
    samples[round(1.234 * RATE)] = 1.0
    rows = log_mel(samples)
    times = row_times(len(rows), start_s=10.0)
    assert times[int(rows.sum(axis=1).argmax())] == pytest.approx(11.234, abs=0.006)


def test_noise_goes_and_the_tone_stays() -> None:
    random = np.random.default_rng(1)
    clean = np.zeros(4 * RATE, np.float32)
    clean[RATE : 2 * RATE] = tone(800, 1)
    noisy = (clean + random.normal(0, 0.05, len(clean))).astype(np.float32)
    found = denoised(noisy)
    assert found.shape == noisy.shape

    def power(samples: np.ndarray) -> float:
        return float((samples.astype(float) ** 2).mean())

    assert power(found[3 * RATE :]) < power(noisy[3 * RATE :]) / 20
    middle = slice(RATE + 2000, 2 * RATE - 2000)
    assert power(found[middle] - clean[middle]) < power(noisy[middle] - clean[middle]) / 4
    assert power(found[middle]) == pytest.approx(power(clean[middle]), rel=0.1)


def test_silence_and_the_shortest_sounds_are_no_trouble() -> None:
    assert not denoised(np.zeros(RATE, np.float32)).any()
    assert len(denoised(np.ones(5, np.float32))) == 5
    assert log_mel(np.zeros(201, np.float32)).max() == pytest.approx(-10)
    with pytest.raises(ValueError, match="200 samples; at least 201"):
        log_mel(np.zeros(200, np.float32))
    with pytest.raises(ValueError, match="no stretch"):
        stretch(np.zeros(9, np.float32), 2.0, 1.0)
