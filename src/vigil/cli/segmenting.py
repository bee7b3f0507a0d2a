"""`vigil model segment`: a small model that says what every pixel shows, from outlines."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import TextColumn, TimeRemainingColumn

from vigil.cli.judging import show_failures
from vigil.cli.progress import progress_bar
from vigil.cli.settings import frozen_of, home_of, missing
from vigil.cli.training import (
    Batch,
    Config,
    Epochs,
    Licence,
    ModelName,
    Patience,
    Seed,
    Side,
    Threads,
    Version,
    show_trained,
    show_waiting,
)
from vigil.core import ModelInput
from vigil.infer.cards import check_card
from vigil.infer.registry import Registry

SEGMENTER_FIGURES = {"mIoU": "miou", "accuracy": "accuracy"}
"""Names of metrics, by heading."""


def segment(
    dataset: Annotated[str, typer.Argument(help="A data set of `vigil data` with outlines.")],
    name: ModelName,
    licence: Licence,
    words: Annotated[
        str, typer.Option(help="What it is to tell, with commas; else all that has an outline.")
    ] = "",
    version: Version = "",
    network: Annotated[str, typer.Option(help="bilateral or segformer-b0.")] = "bilateral",
    weights: Annotated[
        Path | None, typer.Option(help="Folder of published weights; of segformer-b0 only.")
    ] = None,
    side: Side = 320,
    height: Annotated[
        int | None, typer.Option(help="Of the input, where it is not as high as wide.")
    ] = None,
    epochs: Epochs = 60,
    batch: Batch = 8,
    rate: Annotated[
        float | None, typer.Option(help="Of learning, at its highest; else the network's own.")
    ] = None,
    patience: Patience = 10,
    seed: Seed = 0,
    threads: Threads = 1,
    config: Config = None,
) -> None:
    """Teach a small network what every pixel shows. · 训练逐像素分割模型。

    Goes on where it was cut short. What it made is not put to use: see `vigil model use`.
    """
    try:
        from vigil.train import fitting, segmenting  # noqa: PLC0415  torch takes seconds
    except ImportError as error:
        raise missing("train", error) from error
    library, frozen = frozen_of(dataset, version, config)
    home = home_of(config)
    usual_rate = segmenting.rate_of(network)
    card = segmenting.segmenter_card(
        name,
        tuple(words.split(",")) if words else segmenting.outlined_words(frozen),
        ModelInput(width=side, height=height or side),
        licence=licence,
        source=f"vigil model segment {dataset} {network}",
        dataset=frozen.version,
    )
    check_card(card)
    fit = fitting.Fit(
        side=side,
        height=height,
        epochs=epochs,
        batch=batch,
        rate=usual_rate if rate is None else rate,
        patience=patience,
        seed=seed,
        threads=threads,
    )
    folder = home.path / "training" / f"{name}-{frozen.version[:16]}-{network}"
    with progress_bar(TextColumn("{task.fields[best]}"), TimeRemainingColumn()) as progress:
        task = progress.add_task("training · 训练", best="")

        def told(done: int, total: int, best: float) -> None:
            progress.update(task, completed=done, total=total, best=f"mIoU {best:.3f}")

        made = segmenting.train_segmenter(
            frozen, library.folder, card, folder,
            fit=fit, network=network, published=weights, told=told,
        )  # fmt: skip
    registry = Registry(home.models)
    kept = registry.add(made.folder / made.best.file, made.best, activate=False)
    show_trained(made, SEGMENTER_FIGURES)
    show_failures(
        registry, kept, frozen, library.folder,
        split=made.judged_by, folder=made.folder / "failures",
    )  # fmt: skip
    show_waiting(kept)
