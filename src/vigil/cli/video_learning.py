"""`vigil video train`, `eval` and `predict`: networks that see clips."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
import yaml
from rich.progress import TextColumn, TimeRemainingColumn

from vigil.cli import video_options as options
from vigil.cli.progress import progress_bar
from vigil.cli.settings import frozen_of, home_of, missing
from vigil.cli.tables import print_table
from vigil.cli.video_bias import detector_of, show_groups, write_text
from vigil.cli.video_options import (
    HARDER,
    LOOP,
    NETWORK,
    NEW,
    SIGHT,
    AsJson,
    Config,
    Data,
    Run,
    Views,
    option_of,
)
from vigil.core import ConfigError, ModelError, SourceError

if TYPE_CHECKING:
    from vigil.train.subgroups import Subgroup
    from vigil.train.video.asking import Asked
    from vigil.train.video.clips import VideoClip
    from vigil.train.video.judging import JudgedClips
    from vigil.train.video.settings import VideoSettings


def train(
    data: Annotated[
        str | None,
        typer.Argument(
            help="A folder with a folder a word (or UCF101, HMDB51 with their lists), a list "
            "(.csv: path,label[,start,end,group,split]), or a data set of `vigil data`."
        ),
    ] = None,
    name: options.Name = None,
    file: options.File = None,
    task: Annotated[
        str | None, option_of(NEW, "one word a clip, several, a number, or when.")
    ] = None,
    fold: options.Fold = None,
    version: options.Version = "",
    network: options.Network = None,
    causal: Annotated[
        bool | None,
        option_of(NETWORK, "A TSM that only looks back, for --stream of export."),
    ] = None,
    weights: options.Weights = None,
    mode: Annotated[
        str | None,
        option_of(NETWORK, "What learns: full, frozen, lora, adapter, st-adapter, prompt, prefix."),
    ] = None,
    rank: Annotated[
        int | None,
        option_of(NETWORK, "Of LoRA; adapters 4 times; as many prompts."),
    ] = None,
    head: Annotated[str | None, option_of(NETWORK, "linear, probe, svm, knn.")] = None,
    streams: Annotated[
        str | None,
        option_of(NETWORK, "rgb, flow, audio, with commas. Clips may lack sound."),
    ] = None,
    fusion: Annotated[
        str | None,
        option_of(NETWORK, "Of several: weighted, concatenation, attention, late."),
    ] = None,
    sound_track: Annotated[
        int | None, option_of(NETWORK, "Which of a film's sound tracks, from 0.")
    ] = None,
    flow_network: Annotated[
        str | None, option_of(NETWORK, "For what moves, if not the same as for pictures.")
    ] = None,
    flow_weights: Annotated[str | None, option_of(NETWORK, "With these it begins.")] = None,
    frames: options.Frames = None,
    side: options.Side = None,
    sampling: options.Sampling = None,
    step_s: options.Step = None,
    framing: options.Framing = None,
    views: Annotated[int | None, option_of(SIGHT, "Sights over which a test averages.")] = None,
    flip: options.Flip = None,
    mixup: Annotated[
        float | None, option_of(HARDER, "Two clips at once: alpha, 0 for none.")
    ] = None,
    cutmix: Annotated[float | None, option_of(HARDER, "A part of another clip: alpha.")] = None,
    adversary: Annotated[str | None, option_of(HARDER, "none, fgsm or pgd.")] = None,
    balance: Annotated[bool | None, option_of(HARDER, "Rare words weigh more.")] = None,
    epochs: options.Epochs = None,
    batch: options.Batch = None,
    steps_a_batch: options.StepsABatch = None,
    rate: options.Rate = None,
    layer_decay: Annotated[float | None, option_of(LOOP, "Of the rate, block by block.")] = None,
    patience: options.Patience = None,
    bf16: options.Bf16 = None,
    checkpointing: Annotated[bool | None, option_of(LOOP, "Memory for time.")] = None,
    search: Annotated[
        int,
        typer.Option(
            min=0,
            help="So many tries with other settings first (Optuna).",
            rich_help_panel=LOOP,
            show_default=False,
        ),
    ] = 0,
    seed: options.Seed = None,
    threads: options.Threads = None,
    config: Config = None,
) -> None:
    """Teach a network to see clips. · 训练视频网络。

    \b
    vigil video train ./clips --name fights --network tsm-mobilenet
    vigil video train ./clips --name fights-lora --network videomae --mode lora --weights ./videomae
    vigil video train ucf101/ --name ucf --file settings.yaml --epochs 5

    The settings are printed in full, as a file for --file, which has more of them than there are
    options. Splits never cross a group (a camera, a film). A run that was cut short goes on when
    the same command is given again. Several processes: torchrun --nproc_per_node 2 -m vigil video
    train …, or accelerate launch --multi_gpu -m vigil video train …
    """  # noqa: D301  typer keeps lines after a backspace as they are
    try:
        from vigil.train.video import learning  # noqa: PLC0415  torch takes seconds
        from vigil.train.video import settings as settings_of  # noqa: PLC0415
    except ImportError as error:
        raise missing("train", error) from error
    told = locals() | {"streams": tuple(streams.split(",")) if streams is not None else None}
    settings = settings_of.settings_told(settings_of.VideoSettings, told, file)
    folder = home_of(config).path / "training" / settings.name
    clips = clips_of(settings, settings.data, version, config)
    if settings_of.is_first():
        typer.echo(yaml.safe_dump(settings_of.plain(settings), sort_keys=False).rstrip())
    with bars() as heard:
        if search:
            settings = _searched(settings, clips, folder, search, heard)
        made = learning.train_video(settings, clips, folder, heard=heard)
    if not settings_of.is_first():
        return
    learnt, total = made.parameters
    typer.echo(
        f"{made.learnt} clips learnt in {made.steps} steps, {learnt} of {total} parameters; "
        f"{made.refused} clips could not be read"
    )
    show(made.judged, made.judged_by)
    typer.echo(f"{folder}: vigil video eval {settings.name}")


def evaluate(
    run: Run,
    data: Data = "",
    split: Annotated[str, typer.Option(help="train, val or test; else what was not learnt.")] = "",
    views: Views = 0,
    version: Annotated[str, typer.Option(help="A frozen version of a data set.")] = "",
    out: Annotated[
        Path | None,
        typer.Option(help="Write a page with a confusion matrix and clips. · 输出评估页面。"),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(help="Errors by light, size, place, clothing, with commas. · 分组误差。"),
    ] = None,
    people: Annotated[
        str | None,
        typer.Option(help="A detector of the registry that finds people, for size and clothing."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the errors by group (.svg). · 分组误差图。")
    ] = None,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """How good a network is on clips that it has not learnt from. · 评估视频网络。"""
    asked, folder = run_of(run, config)
    from vigil.train.video import bias, learning, reporting  # noqa: PLC0415

    traits = bias.traits_from(by) if by is not None else ()
    finder = detector_of(people, config)
    if picture is not None and (not traits or picture.suffix.lower() != ".svg"):
        raise ConfigError(f"--picture: found {picture.name}; allowed: .svg, together with --by")

    settings = asked.way.settings
    asked = asked.with_views(views) if views else asked
    clips = clips_of(settings, data or settings.data, version, config)
    shelf = learning.shelf_of(asked.way, folder)
    with bars() as heard:
        found, _ = learning.readable(settings, clips, shelf, heard)
        chosen = split or found.judged_by()
        judged_clips = found.of(chosen)
        if not judged_clips:
            raise ConfigError(f"--split: no clip in {chosen!r}; allowed: train, val, test")
        groups: list[Subgroup] = []
        if traits:
            judged, groups = bias.judge_by(asked, judged_clips, shelf, traits, people=finder)
        else:
            judged = learning.judge(asked, judged_clips, shelf)
        page = None
        if out is not None:
            page = reporting.write_report(out, asked, judged_clips, judged, shelf)
    if picture is not None:
        write_text(picture, bias.bias_plot(groups), "--picture")
    if as_json:
        told = {"split": chosen, "clips": judged.clips, **judged.metrics}
        rows = [asdict(row) | {"rate": round(row.rate, 4)} for row in groups]
        typer.echo(json.dumps(told | ({"by": rows} if traits else {}), ensure_ascii=False))
        return
    show(judged, chosen)
    if page is not None:
        typer.echo(f"{page}")
    show_groups(groups)


def predict(
    run: Run,
    files: Annotated[list[Path], typer.Argument(help="Films. · 视频文件。")],
    start: Annotated[float, typer.Option(min=0, help="From this second on.")] = 0.0,
    end: Annotated[float | None, typer.Option(help="To this second.")] = None,
    best: Annotated[int, typer.Option(min=1, help="So many words. · 候选数。")] = 3,
    views: Views = 0,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Say what films show. · 预测视频内容。"""
    asked, folder = run_of(run, config)
    from vigil.train.video import learning  # noqa: PLC0415
    from vigil.train.video.clips import VideoClip  # noqa: PLC0415

    asked = asked.with_views(views) if views else asked
    shelf = learning.shelf_of(asked.way, folder)
    failed = 0
    for file in files:
        clip = VideoClip(path=file, start_s=start, end_s=end)
        try:
            told = learning.tell(asked, clip, shelf, best=best)
        except SourceError as error:
            typer.echo(f"vigil: {file}: {error}", err=True)
            failed += 1
            continue
        if as_json:
            typer.echo(json.dumps({"file": str(file), **told}, ensure_ascii=False))
            continue
        typer.echo(f"{clip.name}: {learning.in_words(told)}")
    if failed == len(files):
        raise ModelError(f"none of {failed} films can be read")


def show(judged: "JudgedClips", split: str) -> None:
    """Figures of the whole, then of each word."""
    typer.echo(f"{judged.clips} clips or moments of the split {split!r}")
    whole = {name: value for name, value in judged.metrics.items() if "/" not in name}
    print_table(
        list(whole), [tuple(f"{value:.3f}" for value in whole.values())], right=" ".join(whole)
    )
    if judged.report:
        rows = [
            (
                word,
                *(f"{row[name]:.2f}" for name in ("precision", "recall", "f1")),
                f"{row['clips']:.0f}",
            )
            for word, row in judged.report.items()
        ]
        heading = ("word", "precision", "recall", "F1", "clips")
        print_table(heading, rows, right="precision recall F1 clips")


def clips_of(
    settings: "VideoSettings", data: str, version: str, config: Path | None,
    *, labelled: bool = True,
) -> "list[VideoClip]":  # fmt: skip
    """The clips of a folder or list, or of a data set of the user."""
    from vigil.train.video import reading  # noqa: PLC0415

    place = Path(data)
    if place.exists() or "/" in data or place.suffix in (".csv", ".txt"):
        clips = reading.read_clips(place, fold=settings.fold, labelled=labelled)
    else:
        library, frozen = frozen_of(data, version, config)
        clips = list(reading.frozen_clips(frozen, library.folder, labelled=labelled))
    if not labelled:
        return clips
    return (
        reading.as_parts(clips) if settings.task == "when" else list(reading.whole_stretches(clips))
    )


def run_of(run: str, config: Path | None) -> "tuple[Asked, Path]":
    """The network of a run, by its name or folder, and that folder."""
    try:
        from vigil.train.video import keeping  # noqa: PLC0415  torch takes seconds
    except ImportError as error:
        raise missing("train", error) from error
    folder = Path(run)
    if not (folder / keeping.SETTINGS).is_file():
        folder = home_of(config).path / "training" / run
    return keeping.opened(folder), folder


def _searched(
    settings: "VideoSettings", clips: "list[VideoClip]", folder: Path, tries: int, heard: Any
) -> "VideoSettings":
    from vigil.train.video import searching  # noqa: PLC0415

    def told(number: int, value: float) -> None:
        typer.echo(f"try {number}: {value:.4f}", err=True)

    best = searching.search(settings, clips, folder, tries=tries, heard=heard, told=told)
    typer.echo(
        f"the best of {tries} tries: rate {best.rate:.2g}, decay {best.decay:.2g}, "
        f"dropout {best.dropout:.2g}, mixup {best.mixup:g}"
    )
    return best


@contextmanager
def bars() -> Iterator[Any]:
    """How far a run is, as `Heard` of `vigil.train.video.learning`."""
    from vigil.train.video.learning import Heard  # noqa: PLC0415

    with progress_bar(TextColumn("{task.fields[best]}"), TimeRemainingColumn()) as progress:
        decoding = progress.add_task("clips · 解码", best="")
        learning = progress.add_task("training · 训练", best="", total=None)
        yield Heard(
            decoded=lambda done, total: progress.update(decoding, completed=done, total=total),
            learnt=lambda done, total, best: progress.update(
                learning, completed=done, total=total, best=f"{best:.3f}"
            ),
            refused=lambda line: typer.echo(f"vigil: {line}", err=True),
        )
