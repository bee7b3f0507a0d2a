"""`vigil status`: how the cameras of a running `vigil run` are."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.pipeline.status_file import read_status

COLUMNS = ("camera", "state", "rung", "in", "dropped", "waiting", "looks", "tracks", "note")


def status(
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Show how each camera is; fails when nothing runs. · 显示各摄像机状态；未运行时报错。"""
    found = read_status(home_of(config), now_s=time.time())
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    rows = [_row(name, camera) for name, camera in found["cameras"].items()]
    if rows:
        print_table(COLUMNS, rows, right="in dropped waiting looks tracks")
    for line in _summary(found):
        typer.echo(line)


def _row(name: str, camera: dict[str, Any]) -> tuple[str, ...]:
    counts = ("received", "dropped", "waiting", "looks", "tracks")
    return (
        name,
        camera["state"],
        camera.get("rung", ""),
        *(str(camera.get(count, "")) for count in counts),
        camera["reason"],
    )


def _summary(found: dict[str, Any]) -> list[str]:
    processes = found["processes"].values()
    memory = sum(each["rss_bytes"] for each in processes) / 2**20
    lines = [
        f"events recorded: {found['events_recorded']}; shards: {len(processes)}, {memory:.0f} MiB; "
        f"restarts after a crash: {found['shard_restarts']}"
    ]
    recall = found["recall"]
    if recall["audits"]:
        lines.append(
            f"the gate let {recall['stretches']} stretches pass; of {recall['audits']} audited, "
            f"{recall['audits_missed']} held something: it misses {recall['miss_rate']:.1%}, "
            f"at most {recall['miss_rate_at_most']:.1%} (95 %)"
        )
    waiting = found["steps_waiting"]
    if waiting:
        lines.append(f"{waiting} steps wait: the database and the disk take none")
    return lines
