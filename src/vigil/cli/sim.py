"""`vigil sim`: a scenario file becomes a film with its exact truth."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.film_output import checked
from vigil.sim.film import write_events, write_film
from vigil.sim.scenario import read_scenario, true_events


def sim(
    scenario: Annotated[Path, typer.Argument(help="YAML: place, acts with times, conditions.")],
    out: Annotated[
        Path | None, typer.Option(help="The film, .mp4; unless given, beside the scenario.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(min=0, help="Other people and ways than the file's seed makes.")
    ] = None,
) -> None:
    """Film a scenario, with its truth beside it. · 按场景文件渲染视频及其真值。

    NAME.truth.jsonl tells where everybody is in each picture, NAME.events.jsonl what happens.
    """
    told = read_scenario(scenario)
    film = out or scenario.with_suffix(".mp4")
    checked(film, (".mp4",), "--out", scenario)
    script = (told if seed is None else replace(told, seed=seed)).script()
    (camera,) = script.cameras
    written = write_film(film, script.world, camera)
    events = true_events(script)
    write_events(film.with_name(f"{film.stem}.events.jsonl"), events)
    typer.echo(f"{film}: {written.pictures} pictures, {len(events)} true events")
