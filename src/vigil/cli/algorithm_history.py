"""`vigil algorithm show`, `list` and `grow`: what is known of algorithms, and what is gathered."""

import time
from pathlib import Path
from typing import Annotated

import typer

from vigil.cli.algorithm_learn import take_reviewed
from vigil.cli.settings import app_of, file_of, home_of, library_of
from vigil.cli.tables import print_table
from vigil.config.algorithms import AlgorithmConfig
from vigil.config.home import Home
from vigil.core import ConfigError
from vigil.flywheel.algorithms import Algorithm, Shelf
from vigil.flywheel.grow import Gathered, grow
from vigil.flywheel.history_plot import Spending, history_plot
from vigil.infer.head_folder import version_in_use
from vigil.store import BudgetStore
from vigil.store.database import Database

UNATTACHED = "not attached"
Config = Annotated[
    Path | None, typer.Option(help="The configuration file; else vigil.yaml, where there is one.")
]
Name = Annotated[str, typer.Argument(help="The algorithm's name.")]
VERSIONS = ("version", "", "made (UTC)", "examples", "precision", "recall", "unsure", "embedder")
SPENT = ("day", "camera", "large calls", "tokens")


def show_command(
    name: Name,
    picture: Annotated[
        Path | None,
        typer.Option(help="Write the history to this .svg, too. · 输出历史图（.svg）。"),
    ] = None,
    config: Config = None,
) -> None:
    """What is known of it by version, where it is, and what it cost. · 显示算法及其历史。"""
    if picture is not None and picture.suffix.lower() != ".svg":
        raise ConfigError(f"--picture: found {picture.name}; allowed: .svg")
    file = file_of(config)
    home = home_of(file)
    shelf = Shelf(home.algorithms)
    history = shelf.history(name)
    number = version_in_use(shelf.folder, name) or 0
    settings = _settings(file).get(name)
    spent = _spent(home, name)
    typer.echo(history[-1].claim)
    typer.echo(_where(settings))
    print_table(VERSIONS, [_row(each, number) for each in history], right="examples")
    shown = next((each for each in history if each.version == number), history[-1])
    typer.echo(str(shown.verdict))
    if spent:
        rows = [(day, camera, str(s.calls), str(s.tokens)) for (day, camera), s in spent.items()]
        print_table(SPENT, rows, right="tokens")
    else:
        typer.echo("no large calls yet · 尚未调用大模型")
    if picture is not None:
        _draw(picture, history_plot(history, number, _stage(settings), spent))


def list_command(config: Config = None) -> None:
    """All algorithms, and the cameras that they are on. · 列出算法。"""
    file = file_of(config)
    shelf = Shelf(home_of(file).algorithms)
    settings = _settings(file)
    rows = []
    for name in shelf.names():
        newest = shelf.history(name)[-1]
        used = version_in_use(shelf.folder, name)
        mine = settings.get(name)
        cameras = ", ".join(mine.cameras) if mine else ""
        rows.append(
            (name, _stage(mine), "refused" if used is None else str(used), cameras, newest.claim)
        )
    if not rows:
        typer.echo("no algorithm yet; make one with: vigil algorithm new NAME · 还没有算法")
        return
    print_table(("name", "stage", "version", "cameras", "claim"), rows)


def grow_command(name: Name, config: Config = None) -> None:
    """Freeze what was gathered; say what a model of its own still lacks. · 冻结数据集。"""
    file = file_of(config)
    history = Shelf(home_of(file).algorithms).history(name)
    library = library_of(name, file, there=True)
    take_reviewed(file, library, history[-1])
    found = grow(library, history[-1].words)
    typer.echo(f"{name}@{found.frozen.version[:16]}: frozen in {found.frozen.path}")
    rows = [_gathered(word, one) for word, one in found.words.items()]
    columns = ("word", "pictures", "by people", "hold-out", "cameras", "conditions")
    print_table(columns, rows, right="pictures hold-out cameras")
    for line in found.missing:
        typer.echo(f"missing · 缺少: {line}")
    boxed = any(one.boxed for one in found.words.values())
    verb = "train" if boxed else "distil"
    typer.echo(f"then · 然后: vigil model {verb} {name} --name {name}-student --licence …")


def _settings(file: Path | None) -> dict[str, AlgorithmConfig]:
    app = app_of(file)
    return {} if app is None else dict(app.algorithms)


def _stage(settings: AlgorithmConfig | None) -> str:
    return settings.stage if settings is not None and settings.cameras else UNATTACHED


def _where(settings: AlgorithmConfig | None) -> str:
    if settings is None or not settings.cameras:
        return UNATTACHED
    return f"{settings.stage}: version {settings.version} on {', '.join(settings.cameras)}"


def _row(algorithm: Algorithm, in_use: int) -> tuple[str, ...]:
    verdict = algorithm.verdict
    used = "in use" if algorithm.version == in_use else ""
    low, high = verdict.band
    words = verdict.words if not verdict.refused else ()
    return (
        str(algorithm.version),
        "refused" if not algorithm.head_version else used,
        time.strftime("%Y-%m-%d %H:%M", time.gmtime(algorithm.made_s)),
        str(len(algorithm.examples)),
        str(words[0].precision) if words else "",
        str(words[0].recall) if words else "",
        f"{low:.2f} to {high:.2f}" if words else "",
        algorithm.embedder,
    )


def _gathered(word: str, one: Gathered) -> tuple[str, ...]:
    known = ", ".join(
        f"{condition or 'unknown'} {count}" for condition, count in sorted(one.conditions.items())
    )
    counts = (one.pictures, one.by_people, one.held, len(one.cameras))
    return word, *map(str, counts), known


def _spent(home: Home, name: str) -> Spending:
    if isinstance(home.database, Path) and not home.database.is_file():
        return {}
    database = Database(home.database)
    try:
        return BudgetStore(database).spent_on(name)
    finally:
        database.close()


def _draw(path: Path, drawn: str) -> None:
    try:
        path.write_text(drawn, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--picture: {path} cannot be written: {error.strerror}") from error
