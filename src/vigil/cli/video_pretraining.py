"""`vigil video pretrain`: what a network can learn from clips that nobody labelled."""

from typing import Annotated

import typer
import yaml

from vigil.cli import video_options as options
from vigil.cli.settings import home_of, missing
from vigil.cli.video_learning import bars, clips_of
from vigil.cli.video_options import NETWORK, NEW, Config, option_of


def pretrain(
    data: Annotated[
        str | None,
        typer.Argument(
            help="A folder of films, a list (.csv: path[,start,end,group,split]), or what "
            "`vigil video train` takes; words are not looked at. · 无标注视频。"
        ),
    ] = None,
    name: options.Name = None,
    file: options.File = None,
    by: Annotated[
        str | None,
        option_of(
            NEW,
            "masked: paint hidden tubes (videomae); contrastive: know a clip again; order: tell "
            "it from itself backwards and shuffled. · 预训练方法。",
        ),
    ] = None,
    masked: Annotated[float | None, option_of(NEW, "Share that is hidden, 0.5 to 0.95.")] = None,
    temperature: Annotated[float | None, option_of(NEW, "Of contrastive, 0.01 to 1.")] = None,
    fold: options.Fold = None,
    version: options.Version = "",
    network: options.Network = None,
    weights: options.Weights = None,
    causal: Annotated[
        bool | None,
        option_of(NETWORK, "Of a TSM: looks only back; train with the same."),
    ] = None,
    frames: options.Frames = None,
    side: options.Side = None,
    sampling: options.Sampling = None,
    step_s: options.Step = None,
    framing: options.Framing = None,
    flip: options.Flip = None,
    colour: options.Colour = None,
    epochs: options.Epochs = None,
    batch: options.Batch = None,
    steps_a_batch: options.StepsABatch = None,
    rate: options.Rate = None,
    patience: options.Patience = None,
    bf16: options.Bf16 = None,
    seed: options.Seed = None,
    threads: options.Threads = None,
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
    settings = settings_of.settings_told(settings_of.PretrainSettings, locals(), file)
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
