"""By which settings a library is labelled: fixed when it begins, so that all labels mean one thing.

A rerun would otherwise leave labels of several thresholds side by side, and nothing says which to
believe.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from vigil.core import DataError
from vigil.core.durable import write_durably
from vigil.flywheel.label_thresholds import Limits
from vigil.flywheel.verdict import Share


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the user wishes."""

    precision: float = 0.9
    """Of what is believed unchecked, so much be true."""
    tracks: bool = False
    """Label things through videos; without it videos are passed over."""
    every_s: float = 0.5
    """Seconds between two looks at a video."""
    most_gap_s: float = 1.5
    """A thing that is not seen for longer is gone; shorter gaps are filled between sure boxes."""
    score: float | None = None
    """Believed from here on while examples do not say otherwise; None: the teacher's own."""
    checker: str = ""
    """Who is asked about what is unsure; empty: nobody."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings, and the thresholds that were found with them."""

    settings: Settings
    limits: Mapping[str, Limits]
    time_s: float
    """UTC seconds since the epoch: the time of all labels, so that a rerun gives the same ones."""


def load_plan(path: Path, settings: Settings) -> Plan | None:
    """The plan that is there, if any. Raises `DataError` when it was made by other settings."""
    if not path.is_file():
        return None
    try:
        plan = _plan(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: damaged ({error})") from error
    found, wanted = asdict(plan.settings), asdict(settings)
    other = [key for key in wanted if wanted[key] != found[key]]
    if other:
        told = ", ".join(f"{key} {found[key]!r}, now {wanted[key]!r}" for key in other)
        raise DataError(
            f"{path}: this teacher has labelled here with {told}; allowed: the same settings, or "
            "a data set of its own"
        )
    return plan


def save_plan(path: Path, plan: Plan) -> None:
    """Write it durably. Raises `DataError`."""
    plain = asdict(plan) | {"limits": [asdict(limits) for limits in plan.limits.values()]}
    try:
        write_durably(path, (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error


def by_word(limits: Sequence[Limits]) -> dict[str, Limits]:
    """For looking up."""
    return {each.word: each for each in limits}


def _plan(plain: Mapping[str, Any]) -> Plan:
    limits = [
        Limits(
            **each
            | {key: Share(**each[key]) if each[key] else None for key in ("precision", "recall")}
        )
        for each in plain["limits"]
    ]
    return Plan(
        settings=Settings(**plain["settings"]),
        limits=by_word(limits),
        time_s=float(plain["time_s"]),
    )
