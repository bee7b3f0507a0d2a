"""`vigil status`: how the cameras of a running `vigil run` are."""

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.config.home import Home
from vigil.core import VigilError
from vigil.flywheel.fresh import models_due
from vigil.flywheel.last_look import drifting
from vigil.infer.registry import Registry
from vigil.pipeline.status_file import read_status

COLUMNS = ("camera", "state", "rung", "in", "dropped", "waiting", "looks", "tracks", "note")


def status(
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="All figures as JSON.")] = False,
) -> None:
    """Show how each camera is; fails when nothing runs. · 显示各摄像机状态；未运行时报错。"""
    home = home_of(config)
    now_s = time.time()
    found = read_status(home, now_s=now_s)
    found["models"] = _models(home)
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    several = len(found["sites"]) > 1
    rows = [_row(name, camera, several) for name, camera in found["cameras"].items()]
    if rows:
        columns = ("site", *COLUMNS) if several else COLUMNS
        print_table(columns, rows, right="in dropped waiting looks tracks")
    for line in (*_summary(found), *_to_be_trained(found["models"], now_s)):
        typer.echo(line)


def _row(name: str, camera: dict[str, Any], several_sites: bool) -> tuple[str, ...]:
    counts = ("received", "dropped", "waiting", "looks", "tracks")
    return (
        *((camera["site"],) if several_sites else ()),
        name,
        camera["state"],
        camera.get("rung", ""),
        *(str(camera.get(count, "")) for count in counts),
        _note(camera),
    )


def _note(camera: dict[str, Any]) -> str:
    silent = [f"{name} is silent: {why}" for name, why in camera.get("silent", {}).items()]
    return "; ".join(filter(None, [camera["reason"], *silent]))


def _summary(found: dict[str, Any]) -> list[str]:
    lines = [
        f"events recorded: {found['events_recorded']}; shards: {_weight(found['processes'])}; "
        f"spares: {_weight(found['spares'])}; restarts after a crash: {found['shard_restarts']}"
    ]
    if len(found["sites"]) > 1:
        lines += [_site(name, figures) for name, figures in found["sites"].items()]
    elif found["recall"]["audits"]:
        lines.append(_misses(found["recall"]))
    lines += _sampled(found)
    lines += _actions(found["cameras"])
    lines += _judged(found["call"])
    lines += _given_up(found["call"]["alerts"])
    waiting = found["steps_waiting"]
    if waiting:
        lines.append(f"{waiting} steps wait: the database and the disk take none")
    return lines


def _sampled(found: dict[str, Any]) -> list[str]:
    """Pictures that were kept to learn from since the start, and what was not."""
    counts = {
        word: sum(camera.get(f"samples_{word}", 0) for camera in found["cameras"].values())
        for word in ("kept", "refused", "missed")
    }
    if not any(counts.values()) and not found["lessons"]:
        return []
    line = f"samples: {counts['kept']} kept, {counts['refused']} refused by their budget"
    missed = f", {counts['missed']} not taken by the disk" if counts["missed"] else ""
    return [f"{line}{missed}; lessons of events: {found['lessons']}; see: vigil sample list"]


def _models(home: Home) -> dict[str, Any]:
    """Models of whose data people have said enough since, and those whose cameras drift."""
    registry = Registry(home.models)
    try:
        due = [asdict(each) for each in models_due(registry, home.path / "data")]
        seen = [asdict(each) for each in drifting(home.path, registry)]
    except VigilError as error:
        return {"due": [], "drifting": [], "problem": str(error)}
    return {"due": due, "drifting": seen, "problem": ""}


def _to_be_trained(models: dict[str, Any], now_s: float) -> list[str]:
    """Models to be trained again, or whose cameras want labels first."""
    if models["problem"]:
        return [f"models due: cannot be told: {models['problem']}"]
    lines = [
        f"{each['model']} is due: people labelled {each['pictures']} pictures of {each['dataset']} "
        "since it was trained; see: vigil model due"
        for each in models["due"]
    ]
    for each in models["drifting"]:
        ago = f"{max(0.0, now_s - each['time_s']) / 3600:.0f} h ago"
        what = "; ".join(each["drifts"])
        if each["labelled"] >= each["needed"]:
            lines.append(f"{each['model']} is due, as of {ago}: {what}; see: vigil model due")
        else:
            lines.append(
                f"{each['model']} drifts, as of {ago}: {what}; label what it shows: "
                f"{each['labelled']} new pictures, needed {each['needed']}"
            )
    return lines


def _actions(cameras: dict[str, Any]) -> list[str]:
    """What networks of clips have cost each camera that has any."""
    lines = []
    for name, camera in cameras.items():
        asked = camera.get("actions_asked", 0)
        if asked:
            spent_s, kept = camera["actions_cpu_s"], camera["actions_held_bytes"] / 2**20
            lines.append(
                f"{name}: networks of clips ran {asked} times, {1000 * spent_s / asked:.1f} ms "
                f"each; {camera['actions_followed']} followed, {kept:.1f} MiB kept"
            )
    return lines


def _judged(call: dict[str, Any]) -> list[str]:
    """How events were decided since the start, how fast, and what large models did."""
    if not call["decisions"]:
        return []
    decided = ", ".join(
        f"{each['events']} {each['outcome']}" + (f" ({each['reason']})" if each["reason"] else "")
        for each in call["decisions"]
    )
    lines = [f"decided: {decided}"]
    total = call["percentiles_s"]["total"]
    if total is not None:
        lines[0] += f"; a verdict takes {total['p50']:.1f} s, {total['p95']:.1f} s (95 %)"
    brain = call["brain"]
    if brain["calls"] or brain["waiting"] or brain["shed"]:
        asked = ", ".join(f"{count} {result}" for result, count in brain["calls"].items()) or "none"
        shed = sum(brain["shed"].values())
        lines.append(f"large model: {asked}; waiting: {brain['waiting']}; not asked: {shed}")
    return lines


def _given_up(sinks: dict[str, Any]) -> list[str]:
    """Alerts that did not arrive and are not tried any more."""
    letters = {name: figures["given_up"] for name, figures in sinks.items() if figures["given_up"]}
    if not letters:
        return []
    told = ", ".join(f"{count} to {name}" for name, count in letters.items())
    return [f"alerts given up: {told}; see: vigil alerts dead"]


def _weight(processes: dict[str, Any]) -> str:
    memory = sum(each["rss_bytes"] for each in processes.values()) / 2**20
    return f"{len(processes)}, {memory:.0f} MiB"


def _site(name: str, figures: dict[str, Any]) -> str:
    line = f"{name}: {figures['watching']} of {figures['cameras']} cameras watched"
    return f"{line}; {_misses(figures)}" if figures["audits"] else line


def _misses(figures: dict[str, Any]) -> str:
    return (
        f"the gate let {figures['stretches']} stretches pass; of {figures['audits']} audited, "
        f"{figures['audits_missed']} held something: it misses {figures['miss_rate']:.1%}, "
        f"at most {figures['miss_rate_at_most']:.1%} (95 %)"
    )
