"""`vigil brain`: large models, and whether yours can be relied on."""

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console

from vigil.brain.openai import OpenAiBrain
from vigil.cli.tables import print_table
from vigil.config.load import load
from vigil.config.problems import explain, written
from vigil.core import Brain, ConfigError
from vigil.pipeline.brain_check import BrainCheck, Finding

KEY = "VIGIL_BRAIN_KEY"
WORDS = {True: "pass · 通过", False: "FAIL · 未通过", None: "- · 未定"}

brain = typer.Typer(help="Large models. · 大模型。", no_args_is_help=True)


@brain.callback()
def _brain() -> None:
    """Large models. · 大模型。"""


@brain.command()
def check(
    config: Annotated[Path | None, typer.Option(help="A file with a `brain`.")] = None,
    base_url: Annotated[
        str | None, typer.Option(help="A server, such as http://127.0.0.1:8000/v1.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Its name there; not needed where only one is served.")
    ] = None,
    key_from: Annotated[
        str, typer.Option(help="The environment variable that holds the key, if one is needed.")
    ] = KEY,
) -> None:
    """Ask your large model some forty questions whose answers are known. · 检查大模型。

    Form, latency, tokens, sight, and whether words in a picture steer it (English, Chinese).
    Fails with status 1 when one of the checks does. · 任何一项未通过，则以状态码 1 结束。
    """
    chosen = brain_of_file(config) if config else brain_at(base_url, model, key_from)
    findings = asyncio.run(_checked(chosen))
    print_table(
        ("check · 检查", "result · 结果", "found · 发现"),
        [(each.name, WORDS[each.passed], each.told) for each in findings],
    )
    failed = sum(each.passed is False for each in findings)
    typer.echo(
        f"{len(findings)} checks, {failed} failed · 共 {len(findings)} 项，{failed} 项未通过"
    )
    raise typer.Exit(1 if failed else 0)


async def _checked(chosen: Brain) -> list[Finding]:
    found: list[Finding] = []
    # On standard error, for standard output belongs to the table.
    with Console(stderr=True).status("asking · 正在询问") as status:
        try:
            async for finding in BrainCheck(chosen).findings():
                found.append(finding)
                status.update(finding.name)
        finally:
            await chosen.close()
    return found


def brain_of_file(config: Path) -> Brain:
    """The `brain` of a file. Raises `ConfigError` when it has none."""
    found: Brain | None = load(config).brain
    if found is None:
        raise ConfigError(f"{config}: brain: is missing")
    return found


def brain_at(base_url: str | None, model: str | None, key_from: str = KEY) -> Brain:
    """What a server serves; its only model where none is named. Raises `ConfigError`."""
    if base_url is None:
        raise ConfigError("--config or --base-url: one of them is needed")
    settings = {"base_url": base_url, "api_key": _key(key_from)}
    if model is None:
        model = asyncio.run(_only_model(_made(settings | {"model": "any"})))
    return _made(settings | {"model": model})


def _made(settings: Mapping[str, str | None]) -> OpenAiBrain:
    try:
        return TypeAdapter(OpenAiBrain).validate_python(settings)
    except ValidationError as error:
        places = [explain(line) for line in error.errors(include_url=False)]
        problems = [f"--{written(place).replace('_', '-')}: {why}" for place, why in places]
        raise ConfigError(problems) from None


def _key(key_from: str) -> str | None:
    key = os.environ.get(key_from) or None
    if key is None and key_from != KEY:
        raise ConfigError(f"--key-from: environment variable {key_from} is not set")
    return key


async def _only_model(asked: OpenAiBrain) -> str:
    try:
        names = await asked.served_models()
    finally:
        await asked.close()
    if len(names) != 1:
        raise ConfigError(f"--model: is missing; allowed: {', '.join(names) or 'none is served'}")
    return names[0]
