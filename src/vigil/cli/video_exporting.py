"""`vigil video export`: the file that the watch opens, and what it is worth."""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.settings import home_of
from vigil.cli.video_learning import bars, clips_of, run_of
from vigil.cli.video_options import Config, Data, Run
from vigil.infer.registry import Registry


def export(
    run: Run,
    licence: Annotated[str, typer.Option(help="Of the weights: an SPDX name, or your own words.")],
    name: Annotated[str, typer.Option(help="In the registry; else that of the run.")] = "",
    stream: Annotated[
        bool, typer.Option("--stream", help="Picture by picture, of a run with --causal.")
    ] = False,
    int8: Annotated[
        bool, typer.Option("--int8", help="Eight bits, kept if faster and as good. · 8 位量化。")
    ] = False,
    openvino: Annotated[
        bool,
        typer.Option(
            "--openvino",
            help="A file for OpenVINO, too; with --int8 also in eight bits by NNCF. "
            "· 同时尝试 OpenVINO。",
        ),
    ] = False,
    prune: Annotated[
        float | None,
        typer.Option(
            help="This share of the channels inside of blocks goes, then it learns again; kept if "
            "faster and as good. · 结构化剪枝后微调。",
            show_default=False,
        ),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Of learning again, with --prune.")] = 3,
    data: Data = "",
    version: Annotated[str, typer.Option(help="A frozen version of a data set.")] = "",
    config: Config = None,
) -> None:
    """Make the file that the watch opens, check it on clips, keep it. · 导出 ONNX 并入库。

    \b
    vigil video export fights --licence Apache-2.0 --int8 --openvino
    vigil video export fights --licence Apache-2.0 --stream --prune 0.3 --epochs 5

    What it made is not put to use: see `vigil model use`, and the rule `action`.
    """  # noqa: D301  typer keeps lines after a backspace as they are
    asked, folder = run_of(run, config)
    from vigil.train.video import keeping, learning, releasing  # noqa: PLC0415

    settings = asked.way.settings
    clips = clips_of(settings, data or settings.data, version, config)
    shelf = learning.shelf_of(asked.way, folder)
    wanted = releasing.Wanted(
        licence=licence, stream=stream, int8=int8, openvino=openvino, share=prune, epochs=epochs
    )
    with bars() as heard, tempfile.TemporaryDirectory(prefix="vigil-export-") as made:
        found, _ = learning.readable(settings, clips, shelf, heard)
        out = releasing.release(asked, found, shelf, Path(made), wanted, heard=heard)
        reached = {} if out.changed else keeping.metrics_of(folder)
        card = replace(
            out.card,
            name=name or out.card.name,
            dataset=found.version,
            metrics={**out.card.metrics, **reached},
        )
        kept = Registry(home_of(config).models).add(out.path, card, activate=False)
    for line in out.told:
        typer.echo(line)
    if kept.file.endswith(".xml"):
        typer.echo("OpenVINO runs it: the watch needs pip install 'vigil-video[openvino]'")
    typer.echo(
        f"{kept.id} is in the registry, not in use: vigil model use {kept.name} {kept.version}"
    )
