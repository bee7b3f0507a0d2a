"""`vigil video`: what a film holds: its shots, its motion, and a summary of it."""

from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from vigil.cli.film_output import (
    FILMS,
    PICTURES,
    checked,
    film_progress,
    tell,
    write_picture,
    writing,
)
from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.cli.video_explaining import explain
from vigil.cli.video_exporting import export
from vigil.cli.video_learning import evaluate, predict, train
from vigil.cli.video_pretraining import pretrain
from vigil.cli.video_searching import search
from vigil.core import ConfigError, Frame, Image
from vigil.infer import Registry
from vigil.infer.embedders import embedder_for
from vigil.media.encode import LEAST_STEP_S, VideoWriter, even_rgb
from vigil.media.films import film_frames, frames_at, picture_times
from vigil.media.flow import LEAST_SIDE, Method, dense_flow, flow_picture
from vigil.media.probe import describe
from vigil.media.sampling import nearest
from vigil.media.shots import Method as ShotMethod
from vigil.media.shots import Shot, ShotSettings, find_shots, measure
from vigil.pipeline.summary import clock, storyboard, summarise, write_short_film

FLOW_WIDTH = 416
"""Of the pictures whose flow is drawn, pixels; what follows is told in pixels of the film."""

video = typer.Typer(
    help="Look at films: shots, motion, a summary; teach networks to. · 分析视频，训练视频网络。",
    no_args_is_help=True,
)
File = Annotated[Path, typer.Argument(help="The film. · 视频文件。")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object. · 以 JSON 输出。")]
By = Annotated[
    ShotMethod,
    typer.Option(
        "--method",
        help="adaptive: a change that stands out from its neighbours; content: a large change; "
        "histogram: other colours. · 判定方法。",
    ),
]
Shortest = Annotated[
    float,
    typer.Option(
        min=0.0, max=600.0, help="Of cuts closer together, only the strongest counts, seconds."
    ),
]


@video.command()
def shots(
    file: File, method: By = "adaptive", shortest: Shortest = 0.6, as_json: AsJson = False
) -> None:
    """Where a film is cut, and where it fades through black. · 检测镜头切换与淡入淡出。

    Flashes, lamps that are switched and fast pans are no cuts; dissolves are not told.
    闪光、开关灯和快速摇镜不算切换；不检测叠化。
    """
    with film_progress(file, "shots") as seen:
        measured = measure(film_frames(file), seen)
    found = find_shots(measured, ShotSettings(method=method, shortest_s=shortest))
    if as_json:
        tell(
            file=str(file),
            seconds=round(float(measured.times[-1]), 3),
            pictures=len(measured),
            shots=[_shot_json(shot) for shot in found],
        )
        return
    rows = [
        (str(number), clock(shot.start_s), clock(shot.end_s), shot.begins)
        for number, shot in enumerate(found, 1)
    ]
    print_table(["shot", "from", "to", "begins with"], rows, right="shot from to")


@video.command()
def flow(
    file: File,
    out: Annotated[
        Path, typer.Option(help="A picture (.jpg, .png) of one moment, or a film (.mp4) of all.")
    ],
    at: Annotated[
        float | None, typer.Option(min=0.0, help="The picture's moment, seconds; else the middle.")
    ] = None,
    method: Annotated[
        Method, typer.Option(help="dis: fast, sharp edges; farneback: smoother. · 光流算法。")
    ] = "dis",
    as_json: AsJson = False,
) -> None:
    """Draw what moves where: hue tells the direction, colour the speed. · 绘制光流。

    Right is red, down yellow-green, left cyan, up violet; what rests is white.
    向右为红，向下为黄绿，向左为青，向上为紫；静止为白。
    """
    form = checked(out, (*PICTURES, *FILMS), "--out", file)
    if form in FILMS and at is not None:
        raise ConfigError("--at: is of a picture; a film shows every moment")
    if form in FILMS:
        speeds = _flow_film(file, out, method)
        mean, most = np.mean([one for one, _ in speeds]), max(most for _, most in speeds)
        worth = {"pictures": len(speeds), "mean_px": float(mean), "most_px": most}
    else:
        moment_s, speed, drawn = _flow_still(file, at, method)
        write_picture(out, drawn)
        worth = {"time_s": moment_s, "mean_px": speed[0], "most_px": speed[1]}
    worth = {name: round(value, 3) for name, value in worth.items()}
    if as_json:
        tell(file=str(file), out=str(out), method=method, **worth)
        return
    typer.echo(
        f"{out}: {worth['mean_px']:.2f} px from one picture to the next on the mean, "
        f"{worth['most_px']:.2f} px at most"
    )


@video.command()
def summary(
    file: File,
    out: Annotated[Path, typer.Option(help="The storyboard to write (.jpg, .png). · 故事板图片。")],
    clip: Annotated[
        Path | None, typer.Option(help="Write a short film too (.mp4), without sound. · 摘要短片。")
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, max=60, help="At most so many pictures. · 画面数上限。")
    ] = 9,
    embedder: Annotated[
        str | None,
        typer.Option(help="Who says what is alike: a model, a folder, A+B; else colours do."),
    ] = None,
    as_json: AsJson = False,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """A film in a few pictures, of which none is like another. · 用差异最大的画面概括视频。"""
    checked(out, PICTURES, "--out", file)
    if clip is not None:
        checked(clip, FILMS, "--clip", file)
    opened = embedder_for(embedder, Registry(home_of(config).models)) if embedder else None
    with film_progress(file, "shots") as seen:
        found = summarise(file, count, embedder=opened, seen=seen)
    write_picture(out, storyboard(file, found))
    lasts_s = None
    if clip is not None:
        with film_progress(file, "short film") as seen, writing(clip, "--clip"):
            lasts_s = write_short_film(file, found, clip, seen=seen)
    if as_json:
        tell(
            file=str(file),
            seconds=round(found.seconds, 3),
            pictures=found.pictures,
            shots=[_shot_json(shot) for shot in found.shots],
            chosen=[{"time_s": round(one.time_s, 3), "shot": one.shot + 1} for one in found.chosen],
            storyboard=str(out),
            clip=None if clip is None else {"path": str(clip), "seconds": round(lasts_s or 0, 3)},
        )
        return
    typer.echo(f"{out}: {len(found.chosen)} pictures of {len(found.shots)} shots")
    if clip is not None:
        typer.echo(f"{clip}: {lasts_s:.1f} s of {found.seconds:.1f} s")


def _flow_still(
    file: Path, at: float | None, method: Method
) -> tuple[float, tuple[float, float], Image]:
    """The picture nearest to a moment beside its flow until the next one."""
    times = picture_times(file)
    if len(times) < 2:
        raise ConfigError(f"{file.name}: flow needs two pictures; found {len(times)}")
    wanted = (times[0] + times[-1]) / 2 if at is None else at
    first = min(int(nearest(times, np.array([wanted]))[0]), len(times) - 2)
    frames = [frame for _, frame in frames_at(file, times[first : first + 2])]
    shown, drawn, speed = _drawn(frames[0], frames[1], method)
    return frames[0].time_s, speed, np.concatenate([shown, drawn], axis=1)


def _flow_film(file: Path, out: Path, method: Method) -> list[tuple[float, float]]:
    """Each picture beside its flow; mean and greatest speed of each."""
    speeds: list[tuple[float, float]] = []
    writer: VideoWriter | None = None
    begins_s, at_s, size = 0.0, -1.0, (0, 0)
    with film_progress(file, "flow") as seen, writing(out, "--out"):
        try:
            for before, after in pairwise(film_frames(file)):
                seen(before)
                shown, drawn, speed = _drawn(before, after, method)
                both = np.concatenate([shown, drawn], axis=1)
                if writer is None:
                    begins_s, size = before.time_s, (both.shape[1], both.shape[0])
                    writer = VideoWriter(out, *size, describe(file).frame_rate or 25.0)
                if both.shape[1::-1] != size:
                    raise ConfigError(f"{file.name}: its pictures change their size")
                # Broken clocks repeat a time; no container holds two pictures of one.
                at_s = max(before.time_s - begins_s, at_s + LEAST_STEP_S)
                writer.write(both, at_s)
                speeds.append(speed)
        finally:
            if writer is not None:
                writer.close()
    if not speeds:
        raise ConfigError(f"{file.name}: flow needs two pictures; found 1")
    return speeds


def _drawn(before: Frame, after: Frame, method: Method) -> tuple[Image, Image, tuple[float, float]]:
    """A picture, its flow, and mean and greatest speed in pixels of the film."""
    shown = even_rgb(before, FLOW_WIDTH)
    height, width = shown.shape[:2]
    if min(height, width) < LEAST_SIDE:
        raise ConfigError(f"a picture of {width}x{height}; flow needs {LEAST_SIDE} pixels a side")
    found = dense_flow(before.pixels.luma(width, height), after.pixels.luma(width, height), method)
    speed = np.linalg.norm(found, axis=2) * (before.width / width)
    return shown, flow_picture(found), (float(speed.mean()), float(speed.max()))


def _shot_json(shot: Shot) -> dict[str, object]:
    return {
        "start_s": round(shot.start_s, 3),
        "end_s": round(shot.end_s, 3),
        "begins": shot.begins,
    }


video.command()(pretrain)
video.command()(train)
video.command("eval")(evaluate)
video.command()(predict)
video.command()(export)
video.command()(explain)
video.command()(search)
