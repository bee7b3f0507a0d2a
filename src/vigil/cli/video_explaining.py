"""`vigil video explain`: where and when a network saw what it says of a film."""

import json
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.progress import progress_bar
from vigil.cli.video_learning import run_of
from vigil.cli.video_options import AsJson, Config, Run
from vigil.core import ConfigError
from vigil.media.probe import describe

FILMS = (".mp4", ".mkv", ".mov")


def explain(
    run: Run,
    film: Annotated[Path, typer.Argument(help="The film. · 视频文件。")],
    out: Annotated[Path, typer.Option(help="The film to write (.mp4), heat over its pictures.")],
    word: Annotated[
        str | None, typer.Option(help="What to explain; else the likeliest. · 解释哪个词。")
    ] = None,
    start: Annotated[float, typer.Option(min=0, help="Of the stretch shown to the network.")] = 0.0,
    end: Annotated[float | None, typer.Option(help="Its end, seconds; else the film's.")] = None,
    stretches: Annotated[
        int, typer.Option(min=2, max=64, help="To leave out one by one. · 时间遮挡段数。")
    ] = 8,
    as_json: AsJson = False,
    config: Config = None,
) -> None:
    """Why a network says what it says, as a film and as figures. · 解释视频网络的判断。

    Grad-CAM for networks of convolutions, attention rollout for transformers; the strip below
    shows when: what each frame pulls (gradient × input), and how the probability falls without a
    stretch. FILM.json beside the film has the figures.
    卷积网络用 Grad-CAM，Transformer 用注意力回溯；下方时间条显示关键时刻，数值写入同名 .json。
    """
    if out.suffix.lower() not in FILMS:
        raise ConfigError(f"--out: found {out.name}; allowed: {', '.join(FILMS)}")
    if not out.absolute().parent.is_dir():
        raise ConfigError(f"--out: there is no folder {out.parent}")
    if out.exists() and film.exists() and out.samefile(film):
        raise ConfigError(f"--out: {out} is the film itself")
    asked, folder = run_of(run, config)
    from vigil.train.explaining.film import explained_film  # noqa: PLC0415  torch takes seconds
    from vigil.train.explaining.runs import explain_film  # noqa: PLC0415
    from vigil.train.video import learning  # noqa: PLC0415
    from vigil.train.video.clips import VideoClip  # noqa: PLC0415

    clip = VideoClip(path=film, start_s=start, end_s=end)
    shelf = learning.shelf_of(asked.way, folder)
    told = explain_film(asked, clip, shelf, word=word, stretches=stretches)
    figures = {"file": str(film), "run": asked.way.settings.name, **told.as_json()}
    beside = out.with_suffix(".json")
    seconds = describe(film).duration_s
    try:
        with progress_bar() as bar:
            task = bar.add_task("film", total=None if seconds is None else round(seconds))
            explained_film(
                film, out, told, seen=lambda frame: bar.update(task, completed=int(frame.time_s))
            )
        beside.write_text(json.dumps(figures, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:  # FFmpeg's errors of writing are of this kind, too
        reason = error.strerror or "?"
        raise ConfigError(f"--out: {out} cannot be written: {reason.lower()}") from error
    if as_json:
        typer.echo(json.dumps(figures, ensure_ascii=False, allow_nan=False))
        return
    most = max(figures["without"], key=lambda each: each["probability_falls"])
    typer.echo(
        f"{out}: {told.word} {told.probability:.2f}, most of it from {most['from_s']:.1f} to "
        f"{most['to_s']:.1f} s (without: {most['probability_falls']:+.2f} less); {beside}"
    )
