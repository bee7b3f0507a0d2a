"""`vigil scene`: what kind of view a camera has, and which rules are worth switching on there."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.algorithm import REFUSED, Embedder
from vigil.cli.progress import progress_bar
from vigil.cli.settings import app_of, file_of, home_of
from vigil.cli.watch import settings_for
from vigil.config.app import CameraConfig
from vigil.config.parts import parts_of
from vigil.core import DataError, Image, Rule
from vigil.core.json import as_line
from vigil.flywheel.pictures import SUFFIXES, examples_in, read_picture
from vigil.flywheel.proposals import TABLE, load_table, offer_for, shipped_table, snippet
from vigil.flywheel.scene_shelf import SceneShelf
from vigil.flywheel.scenes import SceneAnswer, ask_scene, learn_scenes
from vigil.flywheel.stills import background_of, stills_of
from vigil.infer.embedders import advice, embedder_for, usual_embedder
from vigil.infer.registry import Registry

VIEWS = "views"
RULES = "vigil.rules"

scene = typer.Typer(
    help="What kind of view a camera has, and what to switch on. · 识别画面场景并推荐算法。",
    no_args_is_help=True,
)
Config = Annotated[
    Path | None, typer.Option(help="The configuration file; else vigil.yaml, where there is one.")
]
Place = Annotated[
    str, typer.Argument(help="A camera of the file, a video, a picture, a folder or an address.")
]
Kinds = Annotated[str | None, typer.Option(help="The learnt set of kinds; if there are several.")]
Stills = Annotated[int, typer.Option(min=1, max=99, help="How many moments to look at.")]
Every = Annotated[float, typer.Option(min=0.1, help="Seconds between moments of a live camera.")]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What there is to look at."""

    camera: str
    stills: list[Image]
    rules: tuple[str, ...] = ()
    """Kinds of rules that the camera has."""


@scene.command()
def new(
    name: Annotated[str, typer.Argument(help="What this set of kinds is called.")],
    images: Annotated[Path, typer.Option(help="A folder with a folder of pictures a kind.")],
    embedder: Embedder = None,
    config: Config = None,
) -> None:
    """Learn kinds of view from pictures of each. · 从各类场景图片学习。"""
    began_s = time.monotonic()
    home = home_of(file_of(config))
    shelf = SceneShelf(home.path / VIEWS)
    shelf.check(name)
    folders = sorted(path for path in images.iterdir() if path.is_dir()) if images.is_dir() else []
    if len(folders) < 2:
        raise DataError(f"{images}: {len(folders)} folders; allowed: two or more, one a kind")
    kinds = tuple(folder.name for folder in folders)
    examples = [one for folder in folders for one in examples_in(folder, folder.name)]
    registry = Registry(home.models)
    embedder = embedder or usual_embedder(registry)
    opened = embedder_for(embedder, registry)
    with progress_bar() as bar:
        task = bar.add_task("pictures · 图片", total=len(examples))
        model, verdict = learn_scenes(
            examples, kinds, opened, told=lambda done, _: bar.update(task, completed=done)
        )
    kept = shelf.keep(name, model, verdict, kinds=kinds, embedder=embedder, examples=examples)
    typer.echo(f"{name}@{kept.version}: {verdict}")
    if hint := advice(embedder):
        typer.echo(hint, err=True)
    if model is None:
        raise typer.Exit(REFUSED)
    typer.echo(f"usable after {time.monotonic() - began_s:.1f} s")


@scene.command()
def keep(place: Place, stills: Stills = 9, every: Every = 2.0, config: Config = None) -> None:
    """Keep what the camera shows now as its usual view. · 把当前画面保存为常态画面。"""
    config = file_of(config)
    shown = _shown(place, config, stills, every)
    path = _shelf(config).usual(shown.camera).keep(background_of(shown.stills))
    typer.echo(f"{shown.camera}: kept as {path}, from {len(shown.stills)} stills")


@scene.command()
def ask(
    place: Place,
    kinds: Kinds = None,
    is_a: Annotated[str | None, typer.Option("--is", help="Answer only: is it this kind?")] = None,
    stills: Stills = 9,
    every: Every = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="One line of JSON.")] = False,
    config: Config = None,
) -> None:
    """Say what kind of view it is, or that it cannot be said. · 判断画面属于哪类场景。

    Exit status 3 when it is unsure or the camera is turned away; with --is, 1 for no.
    """
    _, answer, known = _asked(place, config, kinds, stills, every)
    if is_a is not None and is_a not in known:
        raise DataError(f"--is: found {is_a!r}; allowed: {', '.join(known)}")
    short = answer.is_a(is_a) if is_a else answer.said
    if as_json:
        plain = {word: getattr(answer, word) for word in SceneAnswer.__dataclass_fields__}
        typer.echo(as_line(plain | ({"answer": short} if is_a else {})))
    else:
        typer.echo(f"{short}: {answer.reason}" if is_a else _told(answer))
    if answer.said != "told":
        raise typer.Exit(REFUSED)
    if short == "no":
        raise typer.Exit(1)


@scene.command()
def propose(
    place: Place,
    kinds: Kinds = None,
    table: Annotated[Path | None, typer.Option(help="Your table of proposals.")] = None,
    stills: Stills = 9,
    every: Every = 2.0,
    config: Config = None,
) -> None:
    """Propose rules for the camera, and switch nothing on. · 推荐启用的规则（不会自动启用）。"""
    rows = load_table(_table(table, file_of(config)))
    shown, answer, _ = _asked(place, config, kinds, stills, every)
    if answer.said != "told":
        typer.echo(_told(answer))
        raise typer.Exit(REFUSED)
    offer = offer_for(answer.kind, rows, on=shown.rules)
    typer.echo(_told(answer))
    if offer.on:
        typer.echo(f"already on: {', '.join(offer.on)}")
    if offer.why_not or not offer.new:
        typer.echo(offer.why_not or "nothing else to switch on")
        return
    names = ", ".join(str(proposal.rule.get("kind")) for proposal in offer.new)
    typer.echo(f"switch on: {names}\n\n{snippet(shown.camera, offer)}", nl=False)


@scene.command(name="table")
def show_table(config: Config = None) -> None:
    """Print the table of proposals in force, to be copied and changed. · 打印推荐表。"""
    path = _table(None, file_of(config))
    typer.echo(path.read_text(encoding="utf-8") if path else shipped_table(), nl=False)


def _asked(
    place: str, config: Path | None, kinds: str | None, stills: int, every_s: float
) -> tuple[Shown, SceneAnswer, tuple[str, ...]]:
    config = file_of(config)
    shelf = _shelf(config)
    algorithm, model = shelf.open(kinds)
    shown = _shown(place, config, stills, every_s)
    look = shelf.usual(shown.camera).look(background_of(shown.stills))
    embedder = embedder_for(algorithm.embedder, Registry(home_of(config).models))
    return shown, ask_scene(model, embedder, shown.stills, look), algorithm.words


def _shown(place: str, config: Path | None, stills: int, every_s: float) -> Shown:
    path = Path(place)
    if path.suffix.lower() in SUFFIXES and path.is_file():
        return Shown(camera=_name(path), stills=[read_picture(path)])
    app = app_of(config)
    camera: CameraConfig
    if app is not None and place in app.cameras:
        camera = app.cameras[place]
    else:
        (camera,) = settings_for(place).cameras.values()
    pictures = stills_of(camera.source, masks=camera.masks, count=stills, every_s=every_s)
    named = app is not None and place in app.cameras
    rules = tuple(_kind_of(rule) for rule in camera.rules) if named else ()
    return Shown(camera=camera.name, stills=pictures, rules=rules)


def _kind_of(rule: Rule) -> str:
    place = f"{type(rule).__module__}:{type(rule).__qualname__}"
    return next((kind for kind, part in parts_of(RULES).items() if part.value == place), rule.name)


def _told(answer: SceneAnswer) -> str:
    if answer.said == "told":
        return f"{answer.kind} ({answer.share:.2f}): {answer.reason}"
    return f"{answer.said}: {answer.reason}"


def _shelf(config: Path | None) -> SceneShelf:
    return SceneShelf(home_of(config).path / VIEWS)


def _table(named: Path | None, config: Path | None) -> Path | None:
    own = home_of(config).path / VIEWS / TABLE
    return named or (own if own.is_file() else None)


def _name(path: Path) -> str:
    return re.sub(r"\W+", "_", path.stem).strip("_")[:64] or "picture"
