"""Which rules are worth switching on for a kind of view: a table that people can read and change.

Nothing is ever switched on here: what comes out is text to be put into a configuration by hand.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BeforeValidator, Field, TypeAdapter, ValidationError

from vigil.config.load import parse
from vigil.config.problems import explain, written
from vigil.config.settings import Model, Words
from vigil.config.yaml_file import read_yaml
from vigil.core import ConfigError

TABLE = "proposals.yaml"
Sentence = Annotated[str, Field(min_length=1, max_length=400)]


class Proposal(Model):
    """One rule, and why."""

    rule: Mapping[str, Any]
    draw: str = ""
    """What must be drawn first: `zone`, `line`, `lane` …; empty: nothing."""
    why: Sentence
    why_zh: str = ""


class Row(Model):
    """A kind of view, by the words for it."""

    kinds: Annotated[Words, Field(min_length=1)]
    propose: tuple[Proposal, ...]
    why_not: str = ""
    why_not_zh: str = ""


Rows = Annotated[tuple[Row, ...], BeforeValidator(lambda found: found or ())]
_ROWS = TypeAdapter(Rows)


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What is proposed for one camera."""

    kind: str
    new: tuple[Proposal, ...]
    on: tuple[str, ...]
    """Kinds of rules that the table names and the camera has."""
    why_not: str
    """Why nothing is proposed; empty where the table proposes something."""


def shipped_table() -> str:
    """The text of the table that comes along."""
    return files("vigil.flywheel").joinpath(TABLE).read_text(encoding="utf-8")


def load_table(path: Path | None = None) -> tuple[Row, ...]:
    """The table of a file, or the one that comes along. Raises `ConfigError`."""
    if path is None:
        with as_file(files("vigil.flywheel").joinpath(TABLE)) as shipped:
            return _rows(shipped)
    return _rows(path)


def offer_for(kind: str, table: Sequence[Row], *, on: Sequence[str] = ()) -> Offer:
    """The row for a kind of view, less the kinds of rules that are `on`.

    Raises `ConfigError` when the table has no such row.
    """
    row = next((row for row in table if kind.casefold() in map(str.casefold, row.kinds)), None)
    if row is None:
        known = ", ".join(row.kinds[0] for row in table) or "nothing"
        raise ConfigError(
            f"no row for {kind!r} in the table of proposals; there are: {known}; add one"
        )
    named = [str(proposal.rule.get("kind")) for proposal in row.propose]
    nothing = " · ".join(text for text in (row.why_not, row.why_not_zh) if text)
    return Offer(
        kind=kind,
        new=tuple(p for p, name in zip(row.propose, named, strict=True) if name not in on),
        on=tuple(name for name in named if name in on),
        why_not=(nothing or "the table proposes nothing") if not row.propose else "",
    )


def snippet(camera: str, offer: Offer) -> str:
    """Lines for a configuration, checked by reading them as one. Raises `ConfigError`."""
    ready = [dict(proposal.rule) for proposal in offer.new if not proposal.draw]
    if ready:
        parse({"cameras": {camera: {"source": "/checked.mp4", "rules": ready}}})
    lines = ["cameras:", f"  {camera}:", "    rules:"]
    for proposal in offer.new:
        lines += [f"      # {text}" for text in (proposal.why, proposal.why_zh) if text]
        if proposal.draw:
            drawn = _flow({**proposal.rule, proposal.draw: "..."})
            lines.append(f"      # - {drawn}  # draw its {proposal.draw} first · 需先绘制")
        else:
            lines.append(f"      - {_flow(proposal.rule)}")
    return "\n".join(lines) + "\n"


def _rows(path: Path) -> tuple[Row, ...]:
    try:
        return _ROWS.validate_python(read_yaml(path))
    except ValidationError as error:
        lines = [explain(line) for line in error.errors(include_url=False)]
        raise ConfigError([f"{path}: {written(place)}: {why}" for place, why in lines]) from None


def _flow(rule: Mapping[str, Any]) -> str:
    said = yaml.safe_dump(
        dict(rule), default_flow_style=True, sort_keys=False, allow_unicode=True, width=1000
    )
    return said.strip()
