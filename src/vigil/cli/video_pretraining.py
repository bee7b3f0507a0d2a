"""`vigil video pretrain`: what a network can learn from clips that nobody labelled."""

from pathlib import Path
from typing import Annotated, Any

import typer
import yaml

from vigil.cli.settings import home_of, missing
from vigil.cli.video_learning import HARDER, LOOP, NETWORK, NEW, SIGHT, Config, bars, clips_of


def _of(panel: str, text: str) -> Any:
    return typer.Option(help=text, rich_help_panel=panel, show_default=False)


def pretrain(
    data: Annotated[
        str | None,
        typer.Argument(
            help="A folder of films, a list (.csv: path[,start,end,group,split]), or what "
            "`vigil video train` takes; words are not looked at. · 无标注视频。"
        ),
    ] = None,
    name: Annotated[
        str | None, _of(NEW, "Of the run; its folder is VIGIL_HOME/training/NAME.")
    ] = None,
    file: Annotated[
        Path | None, _of(NEW, "Settings as a YAML file; options come after it. · 配置文件。")
    ] = None,
    by: Annotated[
        str | None,
        _of(
            NEW,
            "masked: paint hidden tubes (videomae); contrastive: know a clip again; order: tell "
            "it from itself backwards and shuffled. · 预训练方法。",
        ),
    ] = None,
    masked: Annotated[float | None, _of(NEW, "Share that is hidden, 0.5 to 0.95.")] = None,
    temperature: Annotated[float | None, _of(NEW, "Of contrastive, 0.01 to 1.")] = None,
    fold: Annotated[str | None, _of(NEW, "1, 2 or 3, of UCF101 or HMDB51.")] = None,
    version: Annotated[str, _of(NEW, "A frozen version of a data set, by its first letters.")] = "",
    network: Annotated[
        str | None,
        _of(NETWORK, "i3d, i3d-r50, tsm-r50, tsm-mobilenet, timesformer, vivit, videomae."),
    ] = None,
    weights: Annotated[
        str | None,
        _of(NETWORK, "Begin with these: a checkpoint's folder, a run, .safetensors."),
    ] = None,
    causal: Annotated[
        bool | None, _of(NETWORK, "Of a TSM: looks only back; train with the same.")
    ] = None,
    frames: Annotated[int | None, _of(SIGHT, "Pictures of a clip; else the network's.")] = None,
    side: Annotated[int | None, _of(SIGHT, "Pixels; else the network's.")] = None,
    sampling: Annotated[
        str | None, _of(SIGHT, "dense: a window; segments: one picture of each.")
    ] = None,
    step_s: Annotated[float | None, _of(SIGHT, "Seconds between pictures of a window.")] = None,
    framing: Annotated[str | None, _of(SIGHT, "crop, or stretch the whole picture.")] = None,
    flip: Annotated[bool | None, _of(HARDER, "Mirror clips.")] = None,
    colour: Annotated[float | None, _of(HARDER, "How far light and colour may go.")] = None,
    epochs: Annotated[int | None, _of(LOOP, "At most.")] = None,
    batch: Annotated[int | None, _of(LOOP, "Clips at once.")] = None,
    steps_a_batch: Annotated[int | None, _of(LOOP, "Batches before weights move.")] = None,
    rate: Annotated[float | None, _of(LOOP, "Of learning, at its highest.")] = None,
    patience: Annotated[int | None, _of(LOOP, "Epochs without gain; 0: never ends early.")] = None,
    bf16: Annotated[bool | None, _of(LOOP, "Half of the digits.")] = None,
    seed: Annotated[int | None, _of(LOOP, "Another number, another run.")] = None,
    threads: Annotated[int | None, _of(LOOP, "More only where no watch runs.")] = None,
    config: Config = None,
) -> None:
    """Teach a network what clips look like, without labels. · 无标注预训练。

    \b
    vigil video pretrain ./films --name seen --network videomae --by masked
    vigil video pretrain ./films --name known --network tsm-mobilenet --by contrastive
    vigil video train ./fights --network videomae --weights "$VIGIL_HOME"/training/seen

    Clips of the split `test` are left alone, and those of `val` only tell how far it is. A run that
    was cut short goes on when the same command is given again.
    """  # noqa: D301  typer keeps lines after a backspace as they are
    try:
        from vigil.train.video import pretraining  # noqa: PLC0415  torch takes seconds
        from vigil.train.video import settings as settings_of  # noqa: PLC0415
    except ImportError as error:
        raise missing("train", error) from error
    given = {
        key: value
        for key, value in locals().items()
        if key in settings_of.PretrainSettings.__dataclass_fields__ and value is not None
    }
    tree = {} if file is None else settings_of.read_settings(file)
    settings = settings_of.settings_of(
        settings_of.PretrainSettings, tree | given, "" if file is None else f"{file}: "
    )
    folder = home_of(config).path / "training" / settings.name
    clips = clips_of(settings.as_run(), settings.data, version, config, labelled=False)
    if settings_of.is_first():
        typer.echo(yaml.safe_dump(settings_of.plain(settings), sort_keys=False).rstrip())
    with bars() as heard:
        made = pretraining.pretrain(settings, clips, folder, heard=heard)
    if not settings_of.is_first():
        return
    figures = ", ".join(f"{name} {value:.3f}" for name, value in made.metrics.items())
    typer.echo(
        f"{made.learnt} clips learnt in {made.steps} steps; {figures} on {made.judged} others; "
        f"{made.refused} clips could not be read"
    )
    typer.echo(
        f"{folder}: vigil video train DATA --network {settings.network} --weights {folder}"
    )  # fmt: skip
