"""`vigil model`: the registry of model files."""

from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.converting import convert
from vigil.cli.distilling import distil
from vigil.cli.judging import judge
from vigil.cli.promoting import promote
from vigil.cli.retraining import due, retrain
from vigil.cli.segmenting import segment
from vigil.cli.settings import home_of
from vigil.cli.tables import print_table
from vigil.cli.training import train
from vigil.infer.adding import add_model
from vigil.infer.cards import card_to_yaml
from vigil.infer.registry import Registry
from vigil.net.client import download

MOST_BYTES = 1 << 30
"""No small model is larger."""

model = typer.Typer(help="Keep model files. · 管理模型文件。", no_args_is_help=True)
Config = Annotated[Path | None, typer.Option(help="The file that names the home folder.")]


@model.command()
def add(
    location: Annotated[str, typer.Argument(help="A file, or an http(s) address.")],
    card: Annotated[
        Path | None, typer.Option(help="Its card; files that Vigil knows need none.")
    ] = None,
    name: Annotated[str | None, typer.Option(help="Another name than the card's.")] = None,
    allow_private: Annotated[bool, typer.Option(help="Fetch from private networks too.")] = False,
    config: Config = None,
) -> None:
    """Check a model file and take it into the registry. · 检查模型文件并入库。"""
    registry = Registry(home_of(config).models)

    def fetch(address: str, path: Path) -> None:
        download(address, path, max_bytes=MOST_BYTES, allow_private=allow_private)

    kept = add_model(registry, location, card_file=card, name=name, fetch=fetch)
    typer.echo(f"{kept.id}  {kept.head}  {len(kept.labels)} labels  in {registry.folder}")


@model.command("list")
def list_models(config: Config = None) -> None:
    """List the models and their versions. · 列出模型及其版本。"""
    registry = Registry(home_of(config).models)
    rows = []
    for entry in registry.entries():
        newest = entry.current or max(entry.versions)
        card, _ = registry.resolve(f"{entry.name}@{newest}")
        labels = ", ".join(card.labels[:3]) + (" …" if len(card.labels) > 3 else "")
        versions = " ".join(map(str, entry.versions))
        current = str(entry.current or "-")
        rows.append((entry.name, current, versions, card.head, labels, card.licence_weights))
    columns = ("name", "current", "versions", "head", "labels", "licence of weights")
    print_table(columns, rows, right="current")


@model.command()
def show(
    name: Annotated[str, typer.Argument(help="NAME or NAME@VERSION.")], config: Config = None
) -> None:
    """Print a model's card. · 显示模型卡。"""
    found, _ = Registry(home_of(config).models).resolve(name)
    typer.echo(card_to_yaml(found), nl=False)


@model.command()
def verify(
    name: Annotated[str, typer.Argument(help="NAME or NAME@VERSION.")], config: Config = None
) -> None:
    """Check hashes, format and the golden picture's answer. · 校验哈希、格式和基准图结果。"""
    found = Registry(home_of(config).models).verify(name)
    typer.echo(f"{found.id}: file, format and golden answer are right")


@model.command()
def use(
    name: Annotated[str, typer.Argument(help="NAME.")],
    version: Annotated[int, typer.Argument(help="A version that is there.")],
    config: Config = None,
) -> None:
    """Point a name at a version; running watches follow. · 切换版本，值守随即跟进。"""
    Registry(home_of(config).models).activate(name, version)
    typer.echo(f"{name}@{version} is in use")


@model.command("roll-back")
def roll_back(name: Annotated[str, typer.Argument(help="NAME.")], config: Config = None) -> None:
    """Go back to the version before. · 回退到上一个版本。"""
    version = Registry(home_of(config).models).roll_back(name)
    typer.echo(f"{name}@{version} is in use")


model.command()(convert)
model.command()(train)
model.command()(segment)
model.command()(distil)
model.command()(judge)
model.command()(promote)
model.command()(due)
model.command()(retrain)
