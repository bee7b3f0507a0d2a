"""What does a second look cost, how right is it, and what does an ear make of sounds?

Costs count processor time of this process, medians of several rounds. Plates are drawn and read by
a network whose weights are glyphs; sounds are made from nothing. Models and real footage are used
where the folder of real footage is (VIGIL_TEST_DATA).
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from statistics import median

import av
import cv2
import numpy as np

from benchmarks.footage import DATA
from benchmarks.report import Report
from vigil.core import Box, Crop, Frame, Image, Luma, Reader, Reading, Scene, Sound, Track
from vigil.infer.adding import add_model
from vigil.infer.registry import Registry
from vigil.media.opening import open_file
from vigil.pipeline.reading import ReadingDesk
from vigil.stages.hear.loud_ear import LoudEar
from vigil.stages.hear.model_ear import ModelEar
from vigil.stages.hear.packet_ear import PacketEar
from vigil.stages.read.colour import Colour
from vigil.stages.read.face import Face
from vigil.stages.read.plate import Plate
from vigil.stages.read.posture import Posture
from vigil.stages.read.vehicle_type import VehicleType
from vigil.testing.plates import ALPHABET, plate, write_reader
from vigil.testing.sounds import Wave, bang, beeps, glass, noise, siren, sound_packets, with_sounds

ROUNDS = 7
MODELS = (
    "models/pose/movenet_single_pose_lightning_ptq.tflite",
    "models/detect/face_detection_yunet_120x160.onnx",
    "models/audio/yamnet_spectra_in.tflite",
)
PICTURE = Path(__file__).parents[1] / "docs/rules/images/sound.svg"
SECONDS = 12.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks readers")
    parser.add_argument("--stories", type=int, default=60, help="of sounds, of each sort")
    parser.add_argument("--picture", action="store_true", help="draw the picture of the page")
    chosen = parser.parse_args()
    if chosen.picture:
        PICTURE.write_text(drawing(), encoding="utf-8")
        return 0
    report = Report("readers")
    with tempfile.TemporaryDirectory() as folder:
        models = registered(Path(folder))
        costs_of_crops(report, models)
        costs_of_desk(report)
        plates(report, models)
        loud(report, chosen.stories)
        if (DATA / MODELS[0]).exists():
            postures(report, models)
            words(report, models, chosen.stories // 3)
            real_sound(report, models)
    return report.write()


def registered(folder: Path) -> Path:
    registry = Registry(folder / "models")
    registry.folder.mkdir()
    for name in MODELS:
        if (DATA / name).exists():
            add_model(registry, str(DATA / name), fetch=lambda _address, _path: None)
    registry.add(folder / "glyphs.onnx", write_reader(folder / "glyphs.onnx"))
    return registry.folder


# Crops


def costs_of_crops(report: Report, models: Path) -> None:
    random = np.random.default_rng(0)
    readers: list[Reader] = [Colour(), VehicleType(), Plate(model="glyphs", registry=models)]
    if (DATA / MODELS[0]).exists():
        readers += [Face(registry=models), Posture(registry=models)]
    goals = {"colour": 1.0, "vehicle_type": 0.1, "plate": 5.0, "face": 3.0, "posture": 12.0}
    rows = []
    for reader in readers:
        image = random.integers(0, 256, (240, reader.width, 3)).astype(np.uint8)
        crop = Crop(cv2.GaussianBlur(image, (0, 0), 3), "car")
        found = costs(lambda reader=reader, crop=crop: reader.read([crop]), each=20)
        rows.append((reader.kind, f"{median(found):.2f}", f"{min(found):.2f}–{max(found):.2f}"))
        claim = f"one crop for {reader.kind}"
        report.claim(claim, median(found), goals[reader.kind], "ms", better="lower")
    report.table("A crop", ("reader", "ms", "spread"), rows)


def costs(call: Callable[[], object], *, each: int) -> list[float]:
    """Milliseconds of processor time of one call, for each round."""
    call()
    found = []
    for _ in range(ROUNDS):
        began_s = time.process_time()
        for _ in range(each):
            call()
        found.append((time.process_time() - began_s) / each * 1e3)
    return found


class Grey:
    def luma(self, width: int, height: int) -> Luma:
        return np.full((height, width), 90, np.uint8)

    def rgb(self, width: int, height: int, region: Box | None = None) -> Image:
        return np.full((height, width, 3), 90, np.uint8)


class Silent(Colour):
    """Says the same at once, so that only the choosing costs."""

    def one(self, crop: Crop) -> Reading | None:
        return Reading(self.kind, "grey", 0.9)


def costs_of_desk(report: Report) -> None:
    rows = []
    for number in (1, 5, 20):
        found = []
        for _ in range(ROUNDS):
            desk, looks = ReadingDesk([Silent(labels=())]), list(street(number))
            began_s = time.process_time()
            for frame, scene in looks:
                desk.read(frame, scene)
            found.append((time.process_time() - began_s) / len(looks) * 1e3)
        rows.append((number, f"{median(found):.3f}"))
    report.table("Choosing whom to read, a look", ("tracks", "ms"), rows)
    claim = "choosing among 20 tracks, a look"
    report.claim(claim, float(rows[-1][1]), 0.3, "ms", better="lower")


def street(number: int, looks: int = 200) -> Iterator[tuple[Frame, Scene]]:
    for look in range(looks):
        time_s = look / 5
        tracks = tuple(
            Track(
                id=n + number * (look // 100),
                label="car",
                box=Box(30.0 * n + look % 40, 100, 30.0 * n + 60 + look % 40, 200),
                score=0.9,
                first_seen_s=time_s - 2,
                last_seen_s=time_s,
            )
            for n in range(number)
        )
        frame = Frame(source="a", index=look, time_s=time_s, width=1280, height=720, pixels=Grey())
        yield frame, Scene(source="a", time_s=time_s, width=1280, height=720, tracks=tracks)


def plates(report: Report, models: Path, texts: int = 200) -> None:
    chance, random, right = Random(1), np.random.default_rng(1), 0
    reader = Plate(model="glyphs", registry=models)
    for _ in range(texts):
        text = "".join(chance.choice(ALPHABET) for _ in range(7))
        seen = plate(text).astype(np.float32) * chance.uniform(0.3, 1.0)
        seen = cv2.GaussianBlur(seen + random.normal(0, 8, seen.shape), (0, 0), 0.8)
        scale = chance.uniform(0.8, 2.0)
        size = (round(seen.shape[1] * scale), round(seen.shape[0] * scale))
        crop = cv2.resize(np.clip(seen, 0, 255).astype(np.uint8), size)
        found = reader.one(Crop(crop, "plate"))
        right += found is not None and found.word == text
    report.claim("drawn plates read right, blurred, dim, of many sizes", right / texts, 0.95)


HELD = {
    "stands (A07)": ("action/up_fall/A07_S1_T1_C1.mp4", (220, 60, 460, 480), "upright"),
    "sits facing us (A08)": ("action/up_fall/A08_S1_T1_C1.mp4", (200, 120, 480, 480), "sitting"),
}
FALLS = ("fall-04", "fall-06", "fall-08", "fall-12", "fall-16", "fall-24")


def postures(report: Report, models: Path) -> None:
    reader, rows = Posture(registry=models), []
    for name, (film, cut, word) in HELD.items():
        x1, y1, x2, y2 = cut
        crops = [Crop(np.ascontiguousarray(p[y1:y2, x1:x2]), "") for p in shown(film, every=20)]
        rows.append((name, word, *shares(reader.read(crops), word)))
    lying = []
    for name in FALLS:
        pictures = list(shown(f"action/urfd/{name}-cam0.mp4", every=1))[-12::4]
        halves = [Crop(np.ascontiguousarray(p[:, p.shape[1] // 2 :]), "") for p in pictures]
        lying += reader.read(halves)
    rows.append(("lies after a fall (URFD)", "lying", *shares(lying, "lying")))
    report.table("Postures", ("who", "word", "right", "wrong", "not told"), rows)
    for name, _, right, wrong, _ in rows:
        report.claim(f"posture of who {name}", right / max(right + wrong, 1), 0.9)


def shares(found: Sequence[Reading | None], word: str) -> tuple[int, int, int]:
    told = [each.word for each in found if each is not None]
    return told.count(word), len(told) - told.count(word), len(found) - len(told)


def shown(name: str, *, every: int) -> Iterator[Image]:
    with av.open(str(DATA / name)) as container:
        for index, frame in enumerate(container.decode(video=0)):
            if index % every == 0:
                yield frame.to_ndarray(format="rgb24")


# Sounds


def heard(ear: PacketEar, wave: Wave, *, codec: str = "aac", rate: int = 16_000) -> list[Sound]:
    """Every sound as last told."""
    last: dict[tuple[str, float], Sound] = {}
    for packet in sound_packets(wave, codec=codec, rate=rate):
        ear.hear(packet)
        last |= {(sound.word, round(sound.start_s, 2)): sound for sound in ear.sounds()}
    return list(last.values())


def loud(report: Report, stories: int) -> None:
    found = missed = false = 0
    for seed in range(stories):
        chance = Random(seed)
        ground = noise(SECONDS, level=10 ** chance.uniform(-3.5, -1.7), seed=seed)
        at_s = chance.uniform(4, 9)
        level = chance.uniform(0.4, 1.0)
        told = heard(LoudEar(), with_sounds(ground, (at_s, bang(level=level, seed=seed))))
        hits = [one for one in told if abs(one.start_s - at_s) < 0.3]
        found, missed = found + bool(hits), missed + (not hits)
        false += len(told) - len(hits[:1])
        swell = siren(SECONDS) * np.linspace(0.0, 1.0, round(SECONDS * 16_000), dtype=np.float32)
        lure = chance.choice([ground, np.asarray(ground + 0.3 * swell**3, np.float32)])
        false += len(heard(LoudEar(), lure))
    report.claim("bangs found by loudness alone", found / (found + missed), 0.98)
    report.claim("of what is told as loud, bangs", found / max(found + false, 1), 0.98)
    wave = with_sounds(noise(60.0), (30.0, bang()))
    packets = sound_packets(wave)
    spent = []
    for _ in range(ROUNDS):
        ear, began_s = LoudEar(), time.process_time()
        for packet in packets:
            ear.hear(packet)
        spent.append((time.process_time() - began_s) / 60.0)
    report.claim(
        "an ear without a model, AAC decoded", median(spent), 0.005, "core", better="lower"
    )


STORIES: dict[str, tuple[tuple[str, ...], Callable[[Random], Wave]]] = {
    "smoke detector": (
        ("alarm",),
        lambda c: beeps(6.0, hertz=c.uniform(2800, 3400), on_s=c.uniform(0.3, 0.6), level=0.4),
    ),
    "siren": (("siren", "alarm"), lambda c: siren(6.0, level=c.uniform(0.2, 0.6))),
    "shards": (("glass",), lambda c: glass(seed=c.randrange(999))),
    "room": ((), lambda c: noise(6.0, level=0.001, seed=c.randrange(999))),
}
MATTERS = ("alarm", "explosion", "glass", "gunshot", "scream", "siren")


def words(report: Report, models: Path, stories: int) -> None:
    """A real model on sounds made from nothing, as cameras send them."""
    first, rows = ModelEar(registry=models), []
    for name, (wanted, make) in STORIES.items():
        for codec, rate in (("aac", 16_000), ("pcm_mulaw", 8000)):
            right = false = 0
            for seed in range(stories):
                chance = Random(seed)
                ground = noise(8.0, level=10 ** chance.uniform(-3.3, -2.2), seed=seed)
                wave = with_sounds(ground, (1.5, make(chance)))
                sampled = wave[:: 16_000 // rate] if rate == 16_000 else halved(wave)
                told = heard(first.twin(), sampled, codec=codec, rate=rate)
                sure = {one.word for one in told if one.score >= 0.4 and one.hits >= 2}
                right += bool(sure & set(wanted))
                false += bool((sure & set(MATTERS)) - set(wanted))
            share = f"{right}/{stories}" if wanted else "-"
            rows.append((name, f"{codec} {rate // 1000} kHz", share, f"{false}/{stories}"))
            if wanted:
                report.claim(f"{name} named, {codec} {rate // 1000} kHz", right / stories, 0.9)
    report.table("Sounds made from nothing", ("sound", "sent as", "named", "other words"), rows)


def halved(wave: Wave) -> Wave:
    """At 8 kHz, low-passed as a telephone does."""
    taps = np.sinc(np.arange(-24, 25) / 2.1) * np.hamming(49)
    smooth = np.convolve(wave, taps / taps.sum(), "same")
    return np.asarray(smooth[::2], np.float32)


def real_sound(report: Report, models: Path) -> None:
    """Clips of fights and of streets: nobody shoots, and nothing rings."""
    first, false, seconds, spent_s, clips = ModelEar(registry=models), 0, 0.0, 0.0, 0
    for path in sorted((DATA / "action/fight_surv").rglob("*.mp4")):
        ear = first.twin()
        with open_file(path) as demuxer:
            packets = [
                packet
                for packet in demuxer.packets(lambda _encoding, pts_s, _now: pts_s or 0.0)
                if packet.encoding.kind == "audio"
            ]
        if not packets:
            continue
        clips += 1
        began_s, sure = time.process_time(), set()
        for packet in packets:
            ear.hear(packet)
            told = ear.sounds()
            sure |= {one.word for one in told if one.score >= 0.4 and one.hits >= 2}
        spent_s += time.process_time() - began_s
        seconds += packets[-1].time_s - packets[0].time_s
        false += bool(sure & set(MATTERS))
    report.details["real clips with sound"] = {"clips": clips, "seconds": round(seconds, 1)}
    report.claim("real clips with a false alarm by sound", false, 0, "clips", better="lower")
    wave = with_sounds(noise(20.0, level=0.02), (5.0, siren(10.0)))
    ear, packets, began_s = first.twin(), sound_packets(wave), time.process_time()
    for packet in packets:
        ear.hear(packet)
    spent = (time.process_time() - began_s) / 20.0
    report.claim("an ear with YAMNet, never silent", spent, 0.02, "core", better="lower")


# The picture of the page


def drawing() -> str:
    """Levels of a night with a bang and an alarm, and what an ear without a model tells of it."""
    wave = with_sounds(noise(24.0), (6.0, bang()), (13.0, beeps(7.0, level=0.3)))
    told = [one for one in heard(LoudEar(), wave) if one.word == "loud"]
    block = 800
    energy = np.square(wave[: len(wave) // block * block].reshape(-1, block)).mean(axis=1)
    levels = 10 * np.log10(energy + 1e-8)
    x = np.linspace(20, 460, len(levels))
    y = 190 - (levels - levels.min()) / np.ptp(levels) * 140
    line = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    marks = "".join(
        f'<rect x="{20 + one.start_s / 24 * 440:.1f}" y="205" '
        f'width="{max(4.0, (one.end_s - one.start_s) / 24 * 440):.1f}" height="14" fill="#c62828"/>'
        for one in told
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 480 270">'
        '<rect width="480" height="270" fill="#f4f4f2"/>'
        f'<polyline points="{line}" fill="none" stroke="#37474f" stroke-width="1.5"/>'
        f"{marks}"
        '<g font-family="sans-serif" font-size="12" fill="#37474f">'
        '<text x="20" y="24">level, dB · 声级</text>'
        '<text x="105" y="44">a bang · 巨响</text><text x="290" y="44">an alarm · 警报</text>'
        '<text x="20" y="240" fill="#c62828">told as “loud” · 报告为“loud”</text>'
        '<text x="420" y="258">24 s</text><text x="20" y="258">0 s</text></g></svg>\n'
    )
