"""`vigil heatmap`: where things stood, as a picture."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import cv2
import numpy as np
import typer

from vigil.cli.events import moment
from vigil.cli.settings import home_of
from vigil.core import ConfigError, Image
from vigil.core.stats import DAY_S
from vigil.media.decoding import Decoder
from vigil.media.opening import open_file
from vigil.pipeline.heat_map import Heat, from_store, heat_of_scenes, heat_picture
from vigil.pipeline.scene_log import recorded, scene_files
from vigil.store import EventStore
from vigil.store.stat_store import StatStore

PICTURES = {".jpg", ".jpeg", ".png"}
MOST_BYTES = 1 << 26


def heatmap(
    camera: Annotated[str, typer.Argument(help="Name of the camera.")],
    out: Annotated[Path, typer.Option(help="The PNG to write. · 输出图片。")],
    since: Annotated[
        str | None, typer.Option("--from", help="ISO time, or an age such as 6h, 2d; else a day.")
    ] = None,
    until: Annotated[str | None, typer.Option("--to", help="ISO time, or an age.")] = None,
    label: Annotated[str | None, typer.Option(help="Only of these things.")] = None,
    on: Annotated[
        Path | None, typer.Option(help="A picture or film of the view to draw on. · 底图。")
    ] = None,
    scenes: Annotated[
        list[Path] | None,
        typer.Option(help="From recorded scenes (files, folders), with the ways taken."),
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """Draw where things stood, warm where for long. · 绘制热力图与轨迹。"""
    if out.suffix.lower() != ".png":
        raise ConfigError(f"--out: found {out.name}; allowed: .png")
    now = datetime.now(UTC)
    since_s, until_s = moment(since, now, "--from"), moment(until, now, "--to")
    if scenes:
        heat = heat_of_scenes(
            recorded(scene_files(scenes)),
            source=camera,
            label=label,
            since_s=float("-inf") if since_s is None else since_s,
            until_s=float("inf") if until_s is None else until_s,
        )
    else:
        end_s = until_s or now.timestamp()
        heat = _of_store(config, camera, since_s or end_s - DAY_S, end_s, label)
    drawn = heat_picture(heat, None if on is None else view_of(on))
    ok, data = cv2.imencode(".png", drawn[:, :, ::-1])
    assert ok
    try:
        out.write_bytes(data.tobytes())
    except OSError as error:
        raise ConfigError(f"--out: {out} cannot be written: {error.strerror}") from error
    typer.echo(f"{sum(heat.seconds.values()):.0f} s in {len(heat.seconds)} cells: {out}")


def _of_store(
    config: Path | None, camera: str, since_s: float, until_s: float, label: str | None
) -> Heat:
    home = home_of(config)
    events = EventStore(home.database, home.clips)
    found = StatStore(events.database).heat(camera, since_s=since_s, until_s=until_s, label=label)
    events.close()
    return from_store(found)


def view_of(path: Path) -> Image:
    """A picture, or the first one of a film."""
    if path.suffix.lower() not in PICTURES:
        return _first_of(path)
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"--on: {path} is larger than any picture of a camera")
        data = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise ConfigError(f"--on: {path}: {error.strerror}") from error
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR) if len(data) else None
    if picture is None:
        raise ConfigError(f"--on: {path} is no picture")
    return np.ascontiguousarray(picture[:, :, ::-1])


def _first_of(path: Path) -> Image:
    with open_file(path) as demuxer:
        decoder = None
        for packet in demuxer.packets(lambda _, pts_s, __: pts_s or 0.0):
            if packet.encoding.kind == "video":
                decoder = decoder or Decoder(packet.encoding)
                for frame in decoder.decode(packet):
                    return frame.rgb(min(frame.width, 1280))
    raise ConfigError(f"--on: {path} holds no picture")
