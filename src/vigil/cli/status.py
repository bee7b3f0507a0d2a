"""`vigil status`: how the cameras of a running `vigil run` are."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from vigil.cli.settings import home_of
from vigil.core import VigilError
from vigil.pipeline.status_file import read_status

STALE_S = 5.0


def status(
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Show how each camera is; fails when nothing runs. · 显示各摄像机状态；未运行时报错。"""
    found = read_status(home_of(config))
    age_s = time.time() - found["time_s"]
    if age_s > STALE_S:
        raise VigilError(f"not running: the last sign of life is {age_s:.0f} s old")
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    _show(found)


def _show(found: dict[str, Any]) -> None:
    table = Table(box=None)
    columns = ("camera", "state", "rung", "in", "processed", "dropped", "looks", "tracks", "misses")
    for column in columns:
        table.add_column(column, justify="left" if column in {"camera", "state"} else "right")
    for name, camera in found["cameras"].items():
        state = camera["state"] + (f": {camera['reason']}" if camera.get("reason") else "")
        misses = f"≤ {camera['miss_rate_at_most']:.1%}" if camera.get("audits") else ""
        table.add_row(
            name,
            state,
            str(camera.get("rung", "")),
            *(str(camera.get(key, "")) for key in ("received", "processed", "dropped")),
            *(str(camera.get(key, "")) for key in ("looks", "tracks")),
            misses,
        )
    console = Console()
    console.print(table)
    memory = sum(each["rss_bytes"] for each in found["processes"].values()) / 2**20
    console.print(
        f"{found['events_recorded']} events recorded, {len(found['processes'])} shards, "
        f"{memory:.0f} MiB, {found['shard_restarts']} restarts"
    )
