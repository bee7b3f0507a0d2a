"""What the commands of `vigil video` that make networks have in common."""

from pathlib import Path
from typing import Annotated, Any

import typer

NEW = "What is learnt · 学习什么"
NETWORK = "The network · 网络"
SIGHT = "What it is shown · 采样"
HARDER = "Made harder · 数据增强"
LOOP = "How it learns · 训练过程"


def option_of(panel: str, text: str) -> Any:
    """An option without a default of its own, under a heading of `--help`."""
    return typer.Option(help=text, rich_help_panel=panel, show_default=False)


Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object. · 以 JSON 输出。")]
Run = Annotated[str, typer.Argument(help="The name of a run, or its folder. · 训练名或其文件夹。")]
Data = Annotated[
    str, typer.Option(help="Other clips than those of the run: a folder, a list, a data set.")
]
Views = Annotated[
    int, typer.Option(min=0, help="Sights of each clip over which to average; 0: as trained.")
]

Name = Annotated[str | None, option_of(NEW, "Of the run; its folder is VIGIL_HOME/training/NAME.")]
File = Annotated[
    Path | None, option_of(NEW, "Settings as a YAML file; options come after it. · 配置文件。")
]
Fold = Annotated[str | None, option_of(NEW, "1, 2 or 3, of UCF101 or HMDB51.")]
Version = Annotated[str, option_of(NEW, "A frozen version of a data set, by its first letters.")]

Network = Annotated[
    str | None,
    option_of(NETWORK, "i3d, i3d-r50, tsm-r50, tsm-mobilenet, timesformer, vivit, videomae."),
]
Weights = Annotated[
    str | None,
    option_of(NETWORK, "Begin with these: a checkpoint's folder, a run, .safetensors."),
]

Frames = Annotated[int | None, option_of(SIGHT, "Pictures of a clip; else the network's.")]
Side = Annotated[int | None, option_of(SIGHT, "Pixels; else the network's.")]
Sampling = Annotated[
    str | None, option_of(SIGHT, "segments: one picture of each; dense: a window.")
]
Step = Annotated[float | None, option_of(SIGHT, "Seconds between pictures of a window.")]
Framing = Annotated[str | None, option_of(SIGHT, "crop, or stretch the whole picture.")]

Flip = Annotated[bool | None, option_of(HARDER, "Mirror clips.")]
Colour = Annotated[float | None, option_of(HARDER, "How far light and colour may go.")]

Epochs = Annotated[int | None, option_of(LOOP, "At most.")]
Batch = Annotated[int | None, option_of(LOOP, "Clips at once.")]
StepsABatch = Annotated[int | None, option_of(LOOP, "Batches before weights move.")]
Rate = Annotated[float | None, option_of(LOOP, "Of learning, at its highest.")]
Patience = Annotated[int | None, option_of(LOOP, "Epochs without gain; 0: never ends early.")]
Bf16 = Annotated[bool | None, option_of(LOOP, "Half of the digits.")]
Seed = Annotated[int | None, option_of(LOOP, "Another number, another run.")]
Threads = Annotated[int | None, option_of(LOOP, "More only where no watch runs.")]
