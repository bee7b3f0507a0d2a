"""`vigil model distil`: a small model that says, or finds alike, what a dear one does."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Literal

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
from vigil.core import DataError
from vigil.data.freezing import HOLDOUT
from vigil.infer.embedders import embedder_for
from vigil.infer.head_folder import open_head
from vigil.infer.registry import Registry

Measure = Literal["cosine", "mse"]
Keep = Literal["nothing", "early", "middle", "body"]
Network = Literal["likeness", "gist"]
Counted = Callable[[int, int], None]
Fitted = Callable[[int, int, float], None]
OF_STUDENTS = {"accuracy": "accuracy", "F1": "f1", "ECE": "calibration_error"}
OF_EMBEDDERS = {"neighbours": "neighbours"}


def distil(
    name: ModelName,
    licence: Licence,
    algorithm: Annotated[
        str, typer.Argument(help="The algorithm; its head is the teacher. None: an embedder.")
    ] = "",
    dataset: Annotated[
        str, typer.Option(help="A data set of `vigil data`; else what the algorithm gathered.")
    ] = "",
    features: Annotated[
        str, typer.Option(help="Embedders that teach their vectors, as A,B; each has its own say.")
    ] = "",
    measure: Annotated[
        Measure, typer.Option(help="How far vectors are apart: cosine or mse.")
    ] = "cosine",
    begin: Annotated[
        str,
        typer.Option(
            help="It begins as this MobileNetV2 of the registry; a student also as any classifier "
            "or embedder."
        ),
    ] = "",
    keep: Annotated[
        Keep | None,
        typer.Option(
            help="Of what a student begins as, this stays as it is. [default: body; with "
            "--features: middle]"
        ),
    ] = None,
    network: Annotated[
        Network,
        typer.Option(help="Of an embedder: likeness (1.4 M), or gist (0.5 M, begins as nothing)."),
    ] = "likeness",
    collages: Annotated[
        int,
        typer.Option(min=0, help="An embedder learns from so many collages of the pictures."),
    ] = 0,
    version: Version = "",
    side: Side = 128,
    epochs: Epochs = 60,
    batch: Batch = 16,
    rate: Annotated[
        float, typer.Option(min=1e-6, max=1.0, help="Of learning, at its highest.")
    ] = 2e-3,
    patience: Patience = 10,
    seed: Seed = 0,
    threads: Threads = 1,
    config: Config = None,
) -> None:
    """Teach a small model what an algorithm, or embedders, say. · 用算法或特征模型蒸馏小型模型。

    Goes on where it was cut short. What it made is not put to use: see `vigil model use`.
    """
    if not algorithm and not (features and dataset):
        raise DataError("name an algorithm; or, for an embedder, give --features and --dataset")
    if keep and not (algorithm and begin):
        raise DataError("--keep: is of what a student of an algorithm begins as; give --begin")
    if algorithm and (collages or network != "likeness"):
        raise DataError("--network and --collages: of an embedder; allowed without an algorithm")
    if begin and network != "likeness":
        raise DataError(f"--begin: found --network {network}; allowed: likeness")
    if keep == "body" and features:
        raise DataError("--features: teach a body, and --keep body lets none of it learn")
    try:
        from vigil.train import (  # noqa: PLC0415  torch
            beginning,
            distilling,
            embedding,
            fitting,
            teaching,
        )
    except ImportError as error:
        raise missing("train", error) from error
    home = home_of(config)
    registry = Registry(home.models)
    fit = fitting.Fit(
        side=side, epochs=epochs, batch=batch, rate=rate, patience=patience,
        seed=seed, threads=threads,
    )  # fmt: skip
    teachers = [embedder_for(word.strip(), registry) for word in features.split(",") if word]
    kept_head = open_head(home.algorithms, algorithm) if algorithm else None
    library, frozen = frozen_of(dataset or algorithm, version, config)
    published = registry.resolve(begin) if begin else None
    parent = "" if published is None else published[0].id
    marks = [each.mark for each in teachers]
    kept_blocks: Keep = keep or ("middle" if teachers else "body")
    # Threads change how long a run takes, not what it learns.
    run = _short(marks, measure, network, collages, parent, kept_blocks, replace(fit, threads=1))
    runs = home.path / "training"
    with _progress(collages=collages > 0) as (collaged, asked, told):
        if kept_head is not None:
            card = distilling.student_card(
                name,
                kept_head.head.words,
                side=side,
                licence=licence,
                source=f"vigil model distil {kept_head.id}",
                dataset=frozen.version,
                parent=parent,
            )
            start = None
            if published is not None:
                start = beginning.Begin(card=published[0], folder=published[1], keep=kept_blocks)
            teacher = teaching.Teacher(
                head=kept_head.head, embedder=embedder_for(kept_head.embedder, registry)
            )
            made = distilling.train_student(
                frozen, library.folder, card,
                runs / f"{name}-{kept_head.head.version}-{frozen.version[:16]}-{run}",
                teacher=teacher, embedders=teachers, measure=measure, begin=start, fit=fit,
                asked=asked, told=told,
            )  # fmt: skip
        else:
            card = embedding.embedder_card(
                name,
                side=side,
                licence=licence,
                source=f"vigil model distil --features {features} --network {network} "
                f"--collages {collages}",
                dataset=frozen.version,
                parent=parent,
            )
            weights = None if published is None else published[1] / published[0].file
            made = embedding.train_embedder(
                frozen, library.folder, card, runs / f"{name}-{frozen.version[:16]}-{run}",
                teachers=teachers, network=network, measure=measure, begin=weights,
                collaged=collages, fit=fit, made=collaged, asked=asked, told=told,
            )  # fmt: skip
    kept = registry.add(made.folder / made.best.file, made.best, activate=False)
    show_trained(made, OF_STUDENTS if algorithm else OF_EMBEDDERS)
    if algorithm and made.judged_by == HOLDOUT:
        # Elsewhere the teacher's word was the truth, and a page would show where they differ.
        show_failures(
            registry, kept, frozen, library.folder,
            split=HOLDOUT, folder=made.folder / "failures",
        )  # fmt: skip
    show_waiting(kept)


def _short(*settings: object) -> str:
    """For the name of a run's folder: a run of other settings does not go on from its weights."""
    return hashlib.sha256(repr(settings).encode()).hexdigest()[:8]


@contextmanager
def _progress(*, collages: bool) -> Iterator[tuple[Counted, Counted, Fitted]]:
    """How far the collages are, where there are any, the teachers, and the student."""
    with progress_bar(TextColumn("{task.fields[best]}"), TimeRemainingColumn()) as progress:
        pasting = progress.add_task("collages · 拼贴", best="", visible=collages)
        asking = progress.add_task("teacher · 教师", best="")
        learning = progress.add_task("training · 训练", best="", total=None)

        def collaged(done: int, total: int) -> None:
            progress.update(pasting, completed=done, total=total)

        def asked(done: int, total: int) -> None:
            progress.update(asking, completed=done, total=total)

        def told(done: int, total: int, best: float) -> None:
            progress.update(learning, completed=done, total=total, best=f"{best:.3f}")

        yield collaged, asked, told
