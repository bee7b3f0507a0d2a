"""`vigil algorithm`: a new thing to look for, from a few pictures, on the cameras you name."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from vigil.cli.algorithm_history import grow_command, list_command, show_command
from vigil.cli.algorithm_learn import learn_command
from vigil.cli.progress import progress_bar
from vigil.cli.settings import FILE, app_of, file_of, home_of, library_of
from vigil.config.algorithms import Asked, Phrase, Wording
from vigil.config.load import saved_algorithm
from vigil.core import Brain, BrainError, ConfigError, DataError, Image
from vigil.flywheel.algorithms import Algorithm, Shelf, hashes_of
from vigil.flywheel.attach import attach, detach, remove, reword
from vigil.flywheel.grow import gather
from vigil.flywheel.head_kinds import HeadChoice
from vigil.flywheel.heads import Texts
from vigil.flywheel.making import make_head
from vigil.flywheel.pictures import Example, examples_in
from vigil.flywheel.verdict import Verdict
from vigil.flywheel.wording import Worded, worded_by
from vigil.flywheel.zero_shot import head_of_words, knows_text, texts_of
from vigil.infer.embedders import MarkedEmbedder, advice, embedder_for, usual_embedder
from vigil.infer.head import Head
from vigil.infer.head_folder import open_head
from vigil.infer.registry import Registry
from vigil.stages.sense.stills import EVERY_S, MOST_REGIONS

REFUSED = 3
"""Exit status when the examples do not carry the algorithm yet."""
OTHER = "other"
TIMED = 5

algorithm = typer.Typer(
    help="Look for something new, from a few pictures. · 用少量图片新建算法。", no_args_is_help=True
)
algorithm.command("show")(show_command)
algorithm.command("list")(list_command)
algorithm.command("grow")(grow_command)
algorithm.command("learn")(learn_command)
Config = Annotated[
    Path | None, typer.Option(help="The configuration file; else vigil.yaml, where there is one.")
]
Name = Annotated[str, typer.Argument(help="The algorithm's name.")]
Cameras = Annotated[list[str], typer.Argument(help="Names of cameras.")]
Embedder = Annotated[
    str | None,
    typer.Option(
        help="A model of the registry or its folder, A+B joins two; else the best that is there."
    ),
]
Said = Annotated[list[str] | None, typer.Option(help="ENGLISH, or ENGLISH|中文; may be repeated.")]
Tell = Annotated[
    list[str] | None, typer.Option(help="Of more than two words one that is worth an event.")
]


@algorithm.command()
def new(
    name: Name,
    claim: Annotated[str, typer.Option(help="One sentence: what is seen. · 一句话描述。")],
    images: Annotated[
        Path | None,
        typer.Option(
            help="Pictures that show it; or one folder of pictures a word. Without: from words "
            "alone, where the embedder knows text."
        ),
    ] = None,
    negatives: Annotated[Path | None, typer.Option(help="Pictures that do not show it.")] = None,
    embedder: Embedder = None,
    kind: Annotated[
        HeadChoice,
        typer.Option("--head", help="Its kind; best: what tells most unseen examples right."),
    ] = "line",
    precision: Annotated[
        float | None, typer.Option(min=0.01, max=0.999, help="Of what is told, so much be true.")
    ] = None,
    cameras: Annotated[str, typer.Option(help="Attach it to these, as front,yard.")] = "",
    tell: Tell = None,
    claim_zh: Annotated[str, typer.Option(help="The claim in Chinese. · 中文描述。")] = "",
    question: Said = None,
    counter_question: Said = None,
    prompt: Said = None,
    negative_prompt: Said = None,
    config: Config = None,
) -> None:
    """Learn it, and say how well it is told, or why it cannot be yet. · 学习并给出可信度。

    The `brain` of the file words questions and prompts, unless you do. · 未给出问题时由大模型拟定。
    """
    began_s = time.monotonic()
    file = file_of(config)
    home = home_of(file)
    shelf = Shelf(home.algorithms)
    shelf.check(name)
    if file is not None:
        # Refuses one that belongs to the hand before anything is learnt.
        saved_algorithm(file, name)
    wanted = [camera.strip() for camera in cameras.split(",") if camera.strip()]
    _check_cameras(file, wanted)
    given = Wording(
        claim_zh=claim_zh,
        questions=(*_asked(question, expects=True), *_asked(counter_question, expects=False)),
        prompts=tuple(map(_phrase, prompt or ())),
        negative_prompts=tuple(map(_phrase, negative_prompt or ())),
    )
    words, examples = _examples(name, images, negatives)
    registry = Registry(home.models)
    embedder = embedder or usual_embedder(registry)
    if precision is not None and not examples:
        raise DataError("--precision: needs pictures to be measured on; give --images")
    opened, (head, verdict) = _learnt(
        words, [one for _, one in examples], embedder, registry,
        said=_said(claim, given), precision=precision, kind=kind,
    )  # fmt: skip
    shown = [one.image for _, one in examples if one.word == words[0]]
    wording = given if _is_worded(given) else _worded(file, claim, shown, given)
    kept = shelf.keep(
        Algorithm(
            name=name,
            claim=claim,
            words=words,
            embedder=embedder,
            verdict=verdict,
            made_s=time.time(),
            examples=hashes_of([one for _, one in examples]),
            wording=wording,
        ),
        head,
    )
    if examples:
        gather(library_of(name, file), examples)
    typer.echo(f"{name}@{kept.version}: {verdict}")
    if hint := advice(embedder):
        typer.echo(hint, err=True)
    if kind == "best":
        typer.echo(f"head: {verdict.kind}")
    if head is None:
        raise typer.Exit(REFUSED)
    typer.echo(f"usable after {time.monotonic() - began_s:.1f} s")
    low, high = verdict.band
    typer.echo(f"unsure from {low:.2f} to {high:.2f}; {_cost(opened)}")
    if file is not None:
        reword(file, kept)
        if wanted:
            attach(file, shelf, name, wanted, labels=tell or ())
            typer.echo(f"{name}@{kept.version}: trial on {', '.join(wanted)}")


@algorithm.command("attach")
def attach_command(name: Name, cameras: Cameras, tell: Tell = None, config: Config = None) -> None:
    """Look for it on these cameras, too; a running watch takes it up. · 挂接到摄像机。"""
    file = _needed(config)
    home = home_of(file)
    _check_cameras(file, cameras)
    settings = attach(file, Shelf(home.algorithms), name, cameras, labels=tell or ())
    kept = open_head(home.algorithms, name)
    opened = embedder_for(kept.embedder, Registry(home.models))
    typer.echo(f"{kept.id}: {settings['stage']} on {', '.join(settings['cameras'])}")
    typer.echo(_cost(opened))


@algorithm.command("detach")
def detach_command(
    name: Name,
    cameras: Annotated[list[str] | None, typer.Argument(help="Cameras; none: all.")] = None,
    config: Config = None,
) -> None:
    """Look for it there no more. · 从摄像机移除。"""
    settings = detach(_needed(config), name, cameras or [])
    typer.echo(f"{name}: on {', '.join(settings['cameras']) or 'no camera'}")


@algorithm.command("remove")
def remove_command(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    config: Config = None,
) -> None:
    """Take it off all cameras and forget all its versions; its data set stays. · 删除算法。"""
    file = file_of(config)
    shelf = Shelf(home_of(file).algorithms)
    count = len(shelf.history(name))
    if not yes and not typer.confirm(f"{name}: forget all {count} versions?"):
        raise typer.Exit(1)
    remove(file, shelf, name)
    typer.echo(f"{name}: removed; its pictures stay: vigil data show {name}")


def _learnt(
    words: tuple[str, ...],
    examples: Sequence[Example],
    embedder: str,
    registry: Registry,
    *,
    said: tuple[list[str], list[str]],
    precision: float | None,
    kind: HeadChoice,
) -> tuple[MarkedEmbedder, tuple[Head | None, Verdict]]:
    """The embedder, and what is learnt from pictures, from words, or from pictures after words."""
    if not examples:
        found = head_of_words(embedder, registry, words=(words[0], OTHER), said=said)
        return embedder_for(embedder, registry), found
    opened = embedder_for(embedder, registry)
    with progress_bar() as progress:
        task = progress.add_task("pictures · 图片", total=len(examples))
        return opened, make_head(
            examples, words, opened, wanted=precision, kind=kind,
            texts=_texts(embedder, words, said),
            told=lambda done, _: progress.update(task, completed=done),
        )  # fmt: skip


def _texts(
    embedder: str, words: tuple[str, ...], said: tuple[list[str], list[str]]
) -> Texts | None:
    """Where the line between pictures may begin; None where the embedder does not read the words.

    The claim is of the first word only where the second is whatever else there is.
    """
    if words[1:] != (OTHER,) or not knows_text(embedder):
        return None
    try:
        return texts_of(embedder, *said)
    except ConfigError as error:
        typer.echo(f"learnt from pictures alone: {error}", err=True)
        return None


def _said(claim: str, given: Wording) -> tuple[list[str], list[str]]:
    """Claims and what a picture may show instead, in all languages that there are."""
    claims = [claim, given.claim_zh, *(text for one in given.prompts for text in one.both)]
    negatives = [text for one in given.negative_prompts for text in one.both]
    return [text for text in claims if text], [text for text in negatives if text]


def _needed(config: Path | None) -> Path:
    file = file_of(config)
    if file is None:
        raise ConfigError(f"--config: is missing, and there is no {FILE} here")
    return file


def _check_cameras(file: Path | None, cameras: Sequence[str]) -> None:
    """Before anything is learnt: a misspelt camera must not cost minutes."""
    if not cameras:
        return
    app = app_of(_needed(file))
    assert app is not None
    strange = [camera for camera in cameras if camera not in app.cameras]
    if strange:
        there = ", ".join(sorted(app.cameras)) or "none"
        raise ConfigError(f"no such camera: {', '.join(strange)}; there are: {there}")


def _is_worded(wording: Wording) -> bool:
    return bool(wording.questions or wording.prompts or wording.negative_prompts)


def _worded(file: Path | None, claim: str, shown: Sequence[Image], given: Wording) -> Wording:
    """What the file's large model makes of the claim; what was given where there is none."""
    app = app_of(file)
    if app is None or app.brain is None:
        return given
    try:
        worded = asyncio.run(_asking(app.brain, claim, shown))
    except BrainError as error:
        typer.echo(f"the large model gave no words ({error}); give --question TEXT", err=True)
        return given
    if worded.classes:
        typer.echo(f"easily taken for it, worth --negatives: {', '.join(worded.classes)}")
    wording = worded.wording
    return wording.model_copy(update={"claim_zh": given.claim_zh or wording.claim_zh})


async def _asking(brain: Brain, claim: str, shown: Sequence[Image]) -> Worded:
    try:
        return (await worded_by(brain, claim, shown)).answer
    finally:
        await brain.close()


def _asked(said: Sequence[str] | None, *, expects: bool) -> tuple[Asked, ...]:
    found = map(_phrase, said or ())
    return tuple(Asked(en=one.en, zh=one.zh, expects=expects) for one in found)


def _phrase(said: str) -> Phrase:
    english, _, chinese = said.partition("|")
    return Phrase(en=english.strip() or "?", zh=chinese.strip())


def _cost(opened: MarkedEmbedder) -> str:
    """What a still costs here: all views of it, measured on a blank picture."""
    blank = np.full((360, 640, 3), 114, np.uint8)
    opened.embed([blank])
    began_s = time.process_time()
    opened.embed([blank] * TIMED)
    each_ms = (time.process_time() - began_s) / TIMED * 1000
    most_ms = each_ms * (1 + MOST_REGIONS)
    share = most_ms / EVERY_S / 1000
    return (
        f"{each_ms:.1f} ms a view, {most_ms:.0f} ms a still at most, one in {EVERY_S:.0f} s while "
        f"something moves: {share:.1%} of a core a camera"
    )


def _examples(
    name: str, images: Path | None, negatives: Path | None
) -> tuple[tuple[str, ...], list[tuple[Path, Example]]]:
    """The words, and each example with its folder."""
    if images is None and negatives is not None:
        raise DataError("--negatives: pictures of what else there is need --images of what it is")
    if images is None:
        return (name, OTHER), []
    if negatives is not None:
        return (name, OTHER), [*_of(images, name), *_of(negatives, OTHER)]
    folders = sorted(path for path in images.iterdir() if path.is_dir()) if images.is_dir() else []
    if len(folders) < 2:
        raise DataError(
            f"{images}: nothing to tell it from; give --negatives FOLDER, or a folder of folders, "
            "one a word"
        )
    words = tuple(folder.name for folder in folders)
    return words, [one for folder in folders for one in _of(folder, folder.name)]


def _of(folder: Path, word: str) -> list[tuple[Path, Example]]:
    return [(folder, one) for one in examples_in(folder, word)]
