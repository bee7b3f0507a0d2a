"""Rendered parades: films in which visits and false alarms take turns, kept with their truth."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.footage import CACHE, YOLOX
from vigil.infer.known import known_cards
from vigil.media.encode import H264Options, VideoWriter
from vigil.sim.acts import PLACES, FalseAct, TrueAct
from vigil.sim.film import pictures, read_truth, write_truth
from vigil.sim.parade import ALL_ACTS, Parade, parade
from vigil.sim.truth import Truth
from vigil.stages.detect.model import ModelDetector

RECIPE = 1
"""Goes up when the films change, so that what was kept is not used."""
LEFT_ACTS: tuple[TrueAct | FalseAct, ...] = (
    "leave",
    "linger",
    "resting_dog",
    "resting_shadow",
    "resting_light",
    "cat",
    "light",
)


@dataclass(frozen=True, kw_only=True)
class Setting:
    """One film; equal settings are the same film."""

    place: str
    night: bool
    seed: int
    bit_rate: int | None = None
    acts: int = 8
    rate: float = 10.0
    left: bool = False
    """Only about what is left behind, and what rests but was not."""

    @property
    def name(self) -> str:
        light = "night" if self.night else "day"
        rate = f"-{self.bit_rate // 1000}k" if self.bit_rate else ""
        theme = "left" if self.left else "parade"
        return f"{theme}{RECIPE}-{self.place}-{light}-{self.seed}{rate}"


def settings(first_seed: int, rounds: int, *, left: bool = False) -> list[Setting]:
    """Every place by day and by night (a corridor has none), `rounds` seeds each."""
    views = [(place, night) for place in PLACES for night in (False, True)]
    views.remove(("corridor", True))
    return [
        Setting(
            place=place,
            night=night,
            seed=first_seed + number * len(views) + index,
            # A camera that saves bits flickers with every key frame.
            bit_rate=200_000 if (number + index) % 3 == 2 else None,
            left=left,
        )
        for number in range(rounds)
        for index, (place, night) in enumerate(views)
    ]


def film_of(setting: Setting) -> Path:
    """The film; takes half as long as it lasts, the first time."""
    path = CACHE / f"{setting.name}.mp4"
    if path.exists():
        return path
    CACHE.mkdir(parents=True, exist_ok=True)
    script = parade_of(setting).script
    camera = script.cameras[0]
    options = H264Options(key_every=round(2 * setting.rate), bit_rate=setting.bit_rate)
    unfinished, truths = path.with_suffix(".part.mp4"), []
    with VideoWriter(unfinished, camera.width, camera.height, camera.rate, options=options) as out:
        for picture, truth in pictures(script.world, camera):
            out.write(picture)
            truths.append(truth)
    write_truth(_truth_file(setting), truths)
    unfinished.replace(path)
    return path


@cache
def parade_of(setting: Setting) -> Parade:
    """The story of the film."""
    return parade(
        setting.place,
        seed=setting.seed,
        acts=setting.acts,
        night=setting.night,
        rate=setting.rate,
        only=LEFT_ACTS if setting.left else ALL_ACTS,
    )


@cache
def truths_of(setting: Setting) -> list[Truth]:
    """Who is where, picture by picture."""
    film_of(setting)
    return read_truth(_truth_file(setting))


def _truth_file(setting: Setting) -> Path:
    return CACHE / f"{setting.name}.truth.jsonl"


@cache
def yolox() -> ModelDetector:
    """YOLOX-nano as the real data has it."""
    card = next(card for card in known_cards() if card.name == "yolox-nano-416")
    return ModelDetector.of(card, YOLOX.parent)
