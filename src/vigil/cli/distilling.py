"""`vigil model distil`: a small classifier that says what an algorithm's head says."""

from typing import Annotated

import typer
from rich.progress import TextColumn, TimeRemainingColumn

from vigil.cli.progress import progress_bar
from vigil.cli.settings import frozen_of, home_of, missing
from vigil.cli.training import (
    Config,
    Epochs,
    Licence,
    ModelName,
    Seed,
    Side,
    Threads,
    Version,
    show_trained,
)
from vigil.infer.embedders import embedder_for
from vigil.infer.head_folder import open_head
from vigil.infer.registry import Registry


def distil(
    algorithm: Annotated[str, typer.Argument(help="The algorithm; its head is the teacher.")],
    name: ModelName,
    licence: Licence,
    dataset: Annotated[
        str, typer.Option(help="A data set of `vigil data`; else what the algorithm gathered.")
    ] = "",
    version: Version = "",
    side: Side = 128,
    epochs: Epochs = 60,
    seed: Seed = 0,
    threads: Threads = 1,
    config: Config = None,
) -> None:
    """Teach a small classifier what an algorithm's head says. · 用算法的判别头训练小型分类模型。

    Goes on where it was cut short. What it made is not put to use: see `vigil model use`.
    """
    try:
        from vigil.train import distilling, fitting, teaching  # noqa: PLC0415  torch takes seconds
    except ImportError as error:
        raise missing("train", error) from error
    home = home_of(config)
    registry = Registry(home.models)
    kept_head = open_head(home.algorithms, algorithm)
    library, frozen = frozen_of(dataset or algorithm, version, config)
    card = distilling.student_card(
        name,
        kept_head.head.words,
        side=side,
        licence=licence,
        source=f"vigil model distil {kept_head.id}",
        dataset=frozen.version,
    )
    fit = fitting.Fit(side=side, epochs=epochs, seed=seed, threads=threads)
    teacher = teaching.Teacher(
        head=kept_head.head, embedder=embedder_for(kept_head.embedder, registry)
    )
    folder = home.path / "training" / f"{name}-{kept_head.head.version}-{frozen.version[:16]}"
    with progress_bar(TextColumn("{task.fields[best]}"), TimeRemainingColumn()) as progress:
        asking = progress.add_task("teacher · 教师", best="")
        learning = progress.add_task("training · 训练", best="", total=None)

        def asked(done: int, total: int) -> None:
            progress.update(asking, completed=done, total=total)

        def told(done: int, total: int, best: float) -> None:
            progress.update(learning, completed=done, total=total, best=f"{best:.3f}")

        made = distilling.train_student(
            frozen, library.folder, card, folder, teacher=teacher, fit=fit, asked=asked, told=told
        )
    kept = registry.add(made.folder / made.best.file, made.best, activate=False)
    figures = {"accuracy": "accuracy", "F1": "f1", "ECE": "calibration_error"}
    show_trained(made, kept, figures)
