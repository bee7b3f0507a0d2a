"""Bodies with blanks: `$claim` in a text, or in the texts of a tree of JSON; none is evaluated."""

import base64
import json
import re
from collections.abc import Callable, Mapping
from string import Template
from typing import Annotated, Any

from pydantic import AfterValidator

from vigil.config.alerts import Language
from vigil.core import Alert
from vigil.stages.alert.words import clean, local_time, wording

Value = str | int | float | bool | None
DEEPEST = 20

BLANKS: Mapping[str, str] = {
    "id": "of the alert, the same in all its messages",
    "sequence": "counts them from 0",
    "type": "new, update or end",
    "event": "id of the event",
    "camera": "its name",
    "rule": "its name",
    "algorithm": "your own name for what is looked for",
    "label": "what was seen",
    "severity": "info, low, medium or high",
    "critical": "true or false",
    "outcome": "pending, confirmed, rejected or unverified",
    "reason": "why unverified",
    "claim": "what is claimed, in the sink's language",
    "verdict": "what became of it, in the sink's language",
    "judge": "who said so",
    "confidence": "of the judge, 0 to 1",
    "title": "one line for people",
    "text": "all of it for people, one line each",
    "start": "when it began, local time",
    "start_s": "the same in UTC seconds",
    "end_s": "when it was last seen, UTC seconds",
    "time_s": "when the message was made, UTC seconds",
    "clip_url": "where the clip is",
    "snapshot_base64": "the picture, JPEG",
}
"""What a template may leave open."""


class _Blanks(Template):
    idpattern = "[a-z][a-z0-9_]*"
    flags = re.RegexFlag(0)  # names in capitals are no blanks


def checked_template(tree: Any, depth: int = 0) -> Any:
    """The same; raises ValueError for a blank that nobody could fill."""
    if depth > DEEPEST:
        raise ValueError(f"more than {DEEPEST} levels")
    if isinstance(tree, str):
        _check(tree)
    elif isinstance(tree, Mapping):
        for key, value in tree.items():
            if not isinstance(key, str):
                raise ValueError(f"keys are texts; found {key!r}")
            checked_template(value, depth + 1)
    elif isinstance(tree, list | tuple):
        for value in tree:
            checked_template(value, depth + 1)
    elif not isinstance(tree, int | float | bool | None):
        raise ValueError(f"allowed: texts, numbers, truth values, lists, keys; found {tree!r}")
    return tree


def _check(text: str) -> None:
    template = _Blanks(text)
    if not template.is_valid():
        raise ValueError(f"a dollar sign is written $$; found {text!r}")
    unknown = [name for name in template.get_identifiers() if name not in BLANKS]
    if unknown:
        raise ValueError(f"no blank ${unknown[0]}; allowed: {', '.join(BLANKS)}")


AnyTemplate = Annotated[Any, AfterValidator(checked_template)]
"""A text, or a tree of JSON whose texts have blanks."""
TextTemplate = Annotated[str, AfterValidator(checked_template)]


def fields(alert: Alert, *, language: Language, time_zone: str) -> dict[str, Value]:
    """What stands for each blank."""
    event, decision = alert.event, alert.decision
    words = wording(alert, language=language, time_zone=time_zone)
    verdict = decision.verdict
    return {
        "id": alert.id,
        "sequence": alert.sequence,
        "type": alert.step.value,
        "event": event.id,
        "camera": clean(event.source),
        "rule": clean(event.rule),
        "algorithm": clean(event.algorithm or ""),
        "label": clean(event.label),
        "severity": event.severity.value,
        "critical": bool(event.critical),
        "outcome": decision.outcome.value,
        "reason": "" if decision.reason is None else decision.reason.value,
        "claim": words.claim,
        "verdict": words.verdict,
        "judge": "" if verdict is None else clean(verdict.judge),
        "confidence": None if verdict is None else round(verdict.confidence, 4),
        "title": words.title,
        "text": words.text,
        "start": local_time(event.start_s, time_zone),
        "start_s": float(event.start_s),
        "end_s": float(event.end_s),
        "time_s": float(alert.time_s),
        "clip_url": alert.clip_url,
        "snapshot_base64": base64.b64encode(alert.snapshot).decode(),
    }


def fill_tree(tree: Any, values: Mapping[str, Value]) -> Any:
    """Fill the texts of a tree; a text that is one blank and nothing else becomes its value."""
    if isinstance(tree, str):
        alone = tree.removeprefix("$").strip("{}")
        if tree in (f"${alone}", f"${{{alone}}}") and alone in values:
            return values[alone]
        return fill_text(tree, values)
    if isinstance(tree, Mapping):
        return {key: fill_tree(value, values) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [fill_tree(value, values) for value in tree]
    return tree


def fill_text(
    text: str, values: Mapping[str, Value], *, escape: Callable[[str], str] = lambda text: text
) -> str:
    """Fill a text; nothing that a value holds is read as a blank again."""
    return _Blanks(text).substitute({name: escape(_spoken(v)) for name, v in values.items()})


def in_json(text: str) -> str:
    """The text as it stands between the quotes of JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _spoken(value: Value) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
