"""How often rules are right about rendered films that the whole watch sees.

Each film is encoded once and kept in the cache of all benchmarks. Where it shows people, vehicles
or bags, YOLOX-nano looks; else the detector of motion.
"""

import hashlib
import inspect
import tempfile
import threading
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import yaml

from benchmarks.footage import CACHE, RECIPE, YOLOX
from benchmarks.report import Report
from benchmarks.rule_stories import Card, modules, tell
from benchmarks.scenarios import Outcome, Rendered, Told, judged
from vigil.cli.watch import settings_for
from vigil.config.home import Home, open_home
from vigil.core import Clip, Detector, Step, StepKind
from vigil.infer.content import sha256_of
from vigil.infer.known import known_card
from vigil.media.encode import H264Options
from vigil.pipeline.build import Builder
from vigil.pipeline.settle import settle
from vigil.pipeline.shard import Shard
from vigil.sim.film import write_film
from vigil.sim.world import Bag, Vehicle, Walker
from vigil.stages.detect.model import ModelDetector

SLACK_S = 1.5
"""Seconds by which what is seen may begin and end off the truth: half a group of pictures, and who
is half in the picture."""


class Book:
    """An outbox that keeps when each event was told, and how long it was said to last."""

    def __init__(self) -> None:
        self._told: dict[str, Told] = {}

    def put(self, step: Step, clip: Clip | None) -> None:
        event = step.event
        before = self._told.get(event.id)
        told_s = step.time_s if step.kind is StepKind.NEW or before is None else before.told_s
        self._told[event.id] = Told(start_s=event.start_s, end_s=event.end_s, told_s=told_s)

    @property
    def told(self) -> list[Told]:
        return list(self._told.values())


def film_of(rendered: Rendered, name: str, seed: int, recipe: str) -> Path:
    """The encoded film of a story; `recipe`: the text that it was made by."""
    made_by = f"{RECIPE} {recipe} {rendered.camera} {seed}"
    digest = hashlib.sha256(made_by.encode()).hexdigest()[:12]
    path = CACHE / f"rule-{name}-{seed}-{digest}.mp4"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.mp4")
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
    return detector


def watched(rendered: Rendered, path: Path, kind: str) -> list[Told]:
    """What the whole watch tells of a film, one rule running."""
    rule = {"kind": kind} | rendered.rule
    app = settings_for(str(path), rules=[yaml.safe_dump(rule)])
    (one,) = app.cameras.values()
    detector = detector_for(rendered)
    if detector is not None:
        one = one.model_copy(update={"detector": detector})
    book = Book()
    with tempfile.TemporaryDirectory() as folder:
        home = open_home(Path(folder))
        builder = Opened(home, detector) if detector else Builder(home, evidence=False)
        running, looks = builder.camera(one)
        Shard(cameras=[(running, looks)], outbox=book).run(threading.Event())
    running.check()
    return book.told


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
    return rendered.story, judged(rendered.wanted, watched(rendered, path, name), slack_s=SLACK_S)


def tell_films(report: Report, name: str, seeds: int, jobs: int) -> None:
    """One rule on its films, and its claims."""
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(judge_film, name, seed) for seed in range(seeds)]
        tell(
            report,
            "films",
            lambda _: _added(each.result() for each in asked),
            modules("film", [name]),
        )


def _added(outcomes: Iterable[tuple[str, Outcome]]) -> Card:
    card = Card()
    for story, outcome in outcomes:
        card.add(story, outcome)
    return card
