"""How often rules are right about rendered films that the whole watch sees.

Each film is encoded once and kept in the cache of all benchmarks. Where it shows people, vehicles
or bags, YOLOX-nano looks; else the detector of motion. Where it has sound, YAMNet listens.
"""

import hashlib
import inspect
import os
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import takewhile
from multiprocessing import get_context
from pathlib import Path

import yaml

from benchmarks.footage import CACHE, DATA, RECIPE, YOLOX
from benchmarks.helmets import HelmetsByColour
from benchmarks.report import Report
from benchmarks.rule_book import Book
from benchmarks.rule_stories import Card, modules, tell
from benchmarks.rule_streams import streamed
from benchmarks.scenarios import Outcome, Rendered, Told, judged
from vigil.cli.watch import settings_for
from vigil.config.home import Home, open_home
from vigil.core import Detector
from vigil.infer.adding import add_model
from vigil.infer.content import sha256_of
from vigil.infer.known import known_card
from vigil.infer.registry import Registry
from vigil.media.encode import H264Options
from vigil.media.mux import Muxer
from vigil.pipeline.build import Builder
from vigil.pipeline.settle import settle
from vigil.pipeline.shard import Shard
from vigil.sim.film import write_film
from vigil.sim.world import Bag, Vehicle, Walker
from vigil.stages.detect.model import ModelDetector
from vigil.testing.feeds import looped_file
from vigil.testing.sounds import RATE as SAMPLES_S
from vigil.testing.sounds import Wave, sound_packets

YAMNET = DATA / "models" / "audio" / "yamnet_spectra_in.tflite"
EAR = "yamnet-spectra"
CAMERAS_AT_ONCE = 10
SLACK_S = 1.5
"""Seconds by which what is seen may begin and end off the truth: half a group of pictures, and who
is half in the picture."""


def film_of(rendered: Rendered, name: str, seed: int, recipe: str) -> Path:
    """The encoded film of a story; `recipe`: the text that it was made by."""
    made_by = f"{RECIPE} {recipe} {rendered.camera} {seed}"
    shown = f"{name}-{seed}"
    if rendered.footage is not None:
        made_by, shown = f"{RECIPE} {rendered.camera} {rendered.world.seconds}", rendered.footage
    digest = hashlib.sha256(made_by.encode()).hexdigest()[:12]
    path = CACHE / f"rule-{shown}-{digest}.mp4"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    # Whoever else makes the same footage now writes a file of its own.
    unfinished = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.part.mp4")
    options = H264Options(key_every=round(2 * rendered.camera.rate))
    write_film(unfinished, rendered.world, rendered.camera, options=options)
    unfinished.replace(path)
    return path


def detector_for(rendered: Rendered) -> Detector | None:
    """None: that of motion."""
    shows = any(isinstance(actor, Walker | Vehicle | Bag) for actor in rendered.world.actors)
    chosen = rendered.detector or ("yolox" if shows else "motion")
    if chosen == "motion":
        return None
    card = known_card(sha256_of(YOLOX))
    assert card is not None
    detector = ModelDetector.of(card, YOLOX.parent)
    detector.warm_up()
    return HelmetsByColour(detector) if chosen == "helmets" else detector


def watched(rendered: Rendered, path: Path, kind: str) -> list[Told]:
    """What the whole watch tells of a film, one rule running."""
    rule = {"kind": kind} | rendered.rule
    book = Book()
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        settings = Path(folder) / "film.yaml"
        settings.write_text(yaml.safe_dump({"cameras": {"film": {"ear": EAR}}}))
        if rendered.wave is not None:
            add_model(Registry(home.models), str(YAMNET), fetch=_nothing)
            path = with_sound(path, rendered.wave, Path(folder) / "with-sound.mp4")
        app = settings_for(
            str(path), rules=[yaml.safe_dump(rule)], config=settings, detector="motion"
        )
        (one,) = app.cameras.values()
        detector = detector_for(rendered)
        if detector is not None:
            one = one.model_copy(update={"detector": detector})
        builder = Opened(home, detector) if detector else Builder(home, evidence=False)
        running, looks = builder.camera(one)
        Shard(cameras=[(running, looks)], outbox=book).run(threading.Event())
    running.check()
    return book.told


def with_sound(film: Path, wave: Wave, path: Path) -> Path:
    """The film, over and over as long as the wave lasts, with it as its sound; returns `path`."""
    lasts_s = len(wave) / SAMPLES_S
    pictures = list(takewhile(lambda packet: packet.time_s < lasts_s, looped_file(film)()))
    sound = sound_packets(wave)
    muxer = Muxer(path, pictures[0].encoding, sound[0].encoding)
    for packet in sorted([*pictures, *sound], key=lambda each: each.time_s):
        muxer.write(packet)
    muxer.close()
    return path


def _nothing(_address: str, _path: Path) -> None:
    """The model is on the disk."""


class Opened(Builder):
    """A builder whose cameras all use a detector that is open already."""

    def __init__(self, home: Home, detector: Detector) -> None:
        super().__init__(home, evidence=False)
        self._one = detector

    def _detector(self, wanted: Detector) -> Detector:
        return self._one


def judge_film(name: str, seed: int) -> tuple[str, Outcome]:
    """One film of one rule: its story, and what came of it."""
    settle()
    module = modules("film", [name])[name]
    rendered = module.film(seed)
    path = film_of(rendered, name, seed, inspect.getsource(module))
    watch = watched if rendered.live_s is None else streamed
    return rendered.story, judged(rendered.wanted, watch(rendered, path, name), slack_s=SLACK_S)


def tell_films(report: Report, name: str, seeds: Iterable[int], jobs: int) -> None:
    """One rule on its films, and its claims."""
    module = modules("film", [name])[name]
    live = module.film(0).live_s is not None
    # What takes its time, whoever watches, is watched together.
    pool: Executor = (
        ThreadPoolExecutor(CAMERAS_AT_ONCE)
        if live
        else ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    )
    with pool:
        asked = [pool.submit(judge_film, name, seed) for seed in seeds]
        tell(
            report,
            "films",
            lambda _: _added(each.result() for each in asked),
            {name: module},
        )


def _added(outcomes: Iterable[tuple[str, Outcome]]) -> Card:
    card = Card()
    for story, outcome in outcomes:
        card.add(story, outcome)
    return card
