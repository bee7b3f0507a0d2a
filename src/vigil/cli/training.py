"""`vigil model train`: a small detector from a frozen data set."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import TextColumn, TimeRemainingColumn

from vigil.cli.judging import show_failures
from vigil.cli.progress import progress_bar
from vigil.cli.settings import frozen_of, home_of, missing
from vigil.cli.tables import print_table
from vigil.core import DataError, ModelCard, ModelInput
from vigil.infer.cards import check_card
from vigil.infer.embedders import embedder_for
from vigil.infer.registry import Registry

if TYPE_CHECKING:
    from vigil.train.recipe import Trained

# Options that all training commands have.
ModelName = Annotated[str, typer.Option(help="The model's name in the registry.")]
Licence = Annotated[str, typer.Option(help="Of the weights: an SPDX name, or your own words.")]
Version = Annotated[
    str, typer.Option(help="A frozen version, by its first letters; else what is known now.")
]
Side = Annotated[int, typer.Option(help="Of the input, pixels.")]
Epochs = Annotated[int, typer.Option(min=1)]
Batch = Annotated[int, typer.Option(min=1, help="Pictures seen at once.")]
Patience = Annotated[
    int, typer.Option(min=0, help="Epochs without gain after which it ends; 0: never.")
]
Seed = Annotated[int, typer.Option(help="Another number, another run.")]
Threads = Annotated[int, typer.Option(min=1, help="More only where no watch runs.")]
Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]

DETECTOR_FIGURES = {"AP50": "ap50", "precision": "precision", "recall": "recall"}
"""Names of metrics, by heading."""


def train(
    dataset: Annotated[str, typer.Argument(help="A data set of `vigil data`.")],
    name: ModelName,
    licence: Licence,
    words: Annotated[
        str,
        typer.Option(
            help="What it is to find, with commas; else all that has a box. vehicle=car: begins "
            "as that word of the published weights."
        ),
    ] = "",
    version: Version = "",
    network: Annotated[
        str, typer.Option(help="sentry, yolox-nano, dfine-n, dfine-s or rtdetr-v2-r18.")
    ] = "sentry",
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Published weights to begin with, a folder; of yolox-nano its ONNX; not of sentry."
        ),
    ] = None,
    teacher: Annotated[
        str, typer.Option(help="A detector of the registry; sees what people have not labelled.")
    ] = "",
    after: Annotated[
        str, typer.Option(help="Go on from this model: it keeps its words, and is the teacher.")
    ] = "",
    replay: Annotated[
        int, typer.Option(min=0, help="Pictures that it learnt from, to be learnt again.")
    ] = 0,
    embedder: Annotated[
        str, typer.Option(help="Tells which of these differ most; else chance.")
    ] = "",
    prune: Annotated[
        float, typer.Option(help="Share of its channels to take out first; of sentry only.")
    ] = 0.0,
    rare: Annotated[
        float, typer.Option(min=0, max=1, help="Repeat pictures of words rarer than this share.")
    ] = 0.0,
    side: Side = 320,
    height: Annotated[
        int | None, typer.Option(help="Of the input, where it is not as high as wide.")
    ] = None,
    epochs: Epochs = 60,
    batch: Batch = 16,
    accumulate: Annotated[
        int, typer.Option(min=1, help="Batches whose gradients make one step.")
    ] = 1,
    rate: Annotated[
        float | None, typer.Option(help="Of learning, at its highest; else the network's own.")
    ] = None,
    patience: Patience = 10,
    bf16: Annotated[
        bool, typer.Option(help="Compute in bfloat16: faster where it is native.")
    ] = False,
    seed: Seed = 0,
    threads: Threads = 1,
    config: Config = None,
) -> None:
    """Fit a small detector, export it, and keep it beside the one in use. · 训练小型检测模型。

    Goes on where it was cut short. What it made is not put to use: see `vigil model use`.
    """
    try:
        from vigil.train import (  # noqa: PLC0415  torch takes seconds
            continuing,
            fitting,
            networks,
            recipe,
            teaching_boxes,
        )
    except ImportError as error:
        raise missing("train", error) from error
    home = home_of(config)
    networks.kind_of(network)  # a wrong name is told before anything is read
    if height not in (None, side) and network not in networks.OF_CELLS:
        allowed = ", ".join(networks.OF_CELLS)
        raise DataError(f"--height: {network} takes squares; allowed with: {allowed}")
    _check_what_goes_on(after=after, replay=replay, prune=prune, weights=weights)
    library, frozen = frozen_of(dataset, version, config)
    registry, runs = Registry(home.models), home.path / "training"
    old = None
    if after:
        sorter = embedder_for(embedder, registry) if embedder else None
        old = continuing.After.of(
            after, registry, runs=runs, data=home.path / "data", replay=replay, embedder=sorter
        )
        network = networks.network_of(old.weights, network)
    kind = networks.kind_of(network)
    asking = teacher or after
    taught_by = teaching_boxes.BoxTeacher.of(asking, registry) if asking else None
    # What is learnt otherwise is another run.
    others = [network] if network != networks.SENTRY else []
    others += [f"of-{taught_by.card.id}"] if taught_by else []
    others += [f"after-{old.card.id}"] if old else []
    others += [f"prune-{prune:g}"] if prune else []
    said = tuple(words.split(",")) if words else recipe.words_of(frozen)
    wanted = tuple(word.partition("=")[0] for word in said)
    start = networks.Start(network=network, published=weights, words=said, prune=prune)
    card = ModelCard(
        name=name,
        file=f"{name}.onnx",
        head=kind.head,
        labels=wanted if old is None else continuing.grown(old.card.labels, wanted),
        input=ModelInput(width=side, height=height or side),
        nms_iou=kind.nms_iou,
        licence_code="Apache-2.0",
        licence_weights=licence,
        source=" ".join(["vigil model train", dataset, *others]),
        dataset=frozen.version,
        parent="" if old is None else old.card.id,
    )
    check_card(card)
    fit = fitting.Fit(
        side=side,
        height=height,
        epochs=epochs,
        batch=batch,
        steps_a_batch=accumulate,
        rate=kind.rate if rate is None else rate,
        steepest=kind.steepest,
        patience=patience,
        seed=seed,
        threads=threads,
        bf16=bf16,
    )
    folder = runs / "-".join([name, frozen.version[:16], *others])
    with progress_bar(TextColumn("{task.fields[best]}"), TimeRemainingColumn()) as progress:
        looking = progress.add_task("teacher · 教师", best="", visible=taught_by is not None)
        task = progress.add_task("training · 训练", best="")

        def asked(done: int, total: int) -> None:
            progress.update(looking, completed=done, total=total)

        def told(done: int, total: int, best: float) -> None:
            progress.update(task, completed=done, total=total, best=f"AP50 {best:.3f}")

        made = recipe.train_detector(
            frozen,
            library.folder,
            card,
            folder,
            fit=fit,
            start=start,
            rare=rare,
            after=old,
            teacher=taught_by,
            asked=asked,
            told=told,
        )
    kept = registry.add(made.folder / made.best.file, made.best, activate=False)
    show_trained(made, DETECTOR_FIGURES)
    show_failures(
        registry, kept, frozen, library.folder,
        split=made.judged_by, folder=made.folder / "failures",
    )  # fmt: skip
    show_waiting(kept)
    if old is not None and made.kept is not None:
        typer.echo(
            f"what {old.card.id} knew, on {made.kept.pictures} pictures of its hold-out: AP50 "
            f"{made.kept.before:.3f} before, {made.kept.after:.3f} now"
        )


def _check_what_goes_on(*, after: str, replay: int, prune: float, weights: Path | None) -> None:
    """Raises `DataError` for options that a model needs, or does not bear, to go on from."""
    if replay and not after:
        raise DataError("--replay: nothing to replay; it needs: --after MODEL")
    if prune and not after:
        raise DataError("--prune: nothing learnt to choose by; it needs: --after MODEL")
    if weights and after:
        raise DataError("--weights: a model that goes on has its own; allowed without: --after")


def show_trained(made: "Trained", figures: Mapping[str, str]) -> None:
    """Both files with what they reach and cost; `figures`: names of metrics, by heading."""
    typer.echo(
        f"{made.learnt} pictures learnt in {made.steps} steps; "
        f"measured on {made.unseen} pictures of the split {made.judged_by!r}"
    )
    if made.pruned is not None:
        before, now = made.pruned
        typer.echo(f"of {before:,} parameters {before - now:,} were taken out before")
    rows = [
        (
            numbers,
            "kept" if each is made.best else "",
            *(f"{each.metrics[figure]:.3f}" for figure in figures.values()),
            f"{each.latency_ms['cpu']:.2f}",
        )
        for numbers, each in (("float32", made.full), ("int8", made.small))
        if each is not None
    ]
    print_table(("numbers", "", *figures, "ms"), rows, right=" ".join([*figures, "ms"]))


def show_waiting(kept: ModelCard) -> None:
    """What puts a new model to use."""
    typer.echo(
        f"{kept.id} is in the registry, not in use: vigil model use {kept.name} {kept.version}"
    )
