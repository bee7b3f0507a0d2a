"""Prompt files: what a large model is asked about each sort of event, in English and Chinese."""

import hashlib
import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from vigil.config.problems import explain, written
from vigil.config.settings import Model
from vigil.config.yaml_file import read_yaml
from vigil.core import ConfigError, Subject

OWN = Path(__file__).parent / "prompts"
COMMON, GENERIC = "common", "generic"
RESERVED = frozenset({"ruling", "confidence", "reason", "description"})
KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")
HASH_DIGITS = 12
Language = Literal["en", "zh"]


class Saying(Model):
    """A text in both languages; where there is no Chinese, the English stands for it."""

    en: str
    zh: str = ""

    def in_(self, language: Language) -> str:
        return self.en if language == "en" else self.zh or self.en

    @property
    def both(self) -> tuple[str, ...]:
        """In each language that there is."""
        return tuple(filter(None, (self.en, self.zh)))


def _as_key(key: str) -> str:
    if not KEY.fullmatch(key) or key in RESERVED:
        raise ValueError(
            f"allowed: small letters, digits and _, but none of {', '.join(sorted(RESERVED))}"
        )
    return key


class Query(Saying):
    """A question to be answered with yes, no or unclear."""

    key: Annotated[str, AfterValidator(_as_key)]
    expects: bool | None = None
    """The answer that a true claim leads to; None: both do."""
    thing: bool = False
    """Whether it asks what the thing is, whatever it does: the answer holds for other claims about
    the same thing whose prompts ask it in the same words."""
    shows: Saying | None = None
    """What a picture shows if the answer is yes, for models that compare pictures with texts."""


def _each_once(questions: tuple[Query, ...]) -> tuple[Query, ...]:
    keys = [question.key for question in questions]
    if len(set(keys)) < len(keys):
        raise ValueError(f"allowed: each key once; found {', '.join(keys)}")
    for question in questions:
        if question.thing and question.expects is None:
            raise ValueError(f"{question.key}: allowed with `thing`: a question with `expects`")
    return questions


class Prompt(Model):
    """One file: what matters about such an event, and the questions to be answered first."""

    about: Saying
    questions: Annotated[
        tuple[Query, ...], Field(min_length=1, max_length=12), AfterValidator(_each_once)
    ]
    describe: Saying = Saying(en="Say in one sentence what happens.", zh="用一句话说明发生了什么。")
    system: Saying | None = None
    """None: what is common to all."""
    instead: tuple[Saying, ...] = ()
    """What the pictures may show when the claim is false, for models that compare."""


class Common(Model):
    """What all questions share."""

    system: Saying
    text: Saying
    whole: Saying
    box: Saying
    zone: Saying
    before: Saying
    after: Saying


FileT = TypeVar("FileT", bound=Model)


class Library:
    """The prompts of the package, and those of the user's folder before them.

    A prompt is looked for under the algorithm, the rule's name, and its sort, in this order;
    `generic` stands for all others. Raises `ConfigError` for a folder with a mistake in it.
    """

    def __init__(self, folder: Path | None) -> None:
        self._prompts = {name: _read(path, Prompt) for name, path in _files(OWN).items()}
        if folder is not None:
            if not folder.is_dir():
                raise ConfigError(f"prompts: found {folder}; allowed: a folder of YAML files")
            theirs = _files(folder)
            self._prompts |= {name: _read(path, Prompt) for name, path in theirs.items()}

    def find(self, names: Iterable[str]) -> Prompt:
        """The first prompt that there is."""
        return next(
            (self._prompts[name] for name in names if name in self._prompts),
            self._prompts[GENERIC],
        )


@lru_cache(maxsize=1)
def common() -> Common:
    """What all questions share."""
    return _read(OWN / f"{COMMON}.yaml", Common)


def prompt_hash(prompt: Prompt, language: Language, form: type[BaseModel]) -> str:
    """Changes whenever anything does that is asked of every event, or the form of the answer."""
    schema = json.dumps(form.model_json_schema(), sort_keys=True)
    parts = (language, common().model_dump_json(), prompt.model_dump_json(), schema)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:HASH_DIGITS]


def prompt_of(subject: Subject) -> Prompt:
    """What is asked about an event of a user's own algorithm."""
    claim = Saying(en=subject.claim[0], zh=subject.claim[1])
    asked = subject.questions or ((SHOWN, True),)
    shows = [Saying(en=en, zh=zh) for en, zh in subject.prompts]
    questions = tuple(
        Query(
            key=f"question_{number}",
            en=saying[0],
            zh=saying[1],
            expects=expects,
            # One text a question is all that models that compare can use.
            shows=shows[number - 1] if expects and number <= len(shows) else None,
        )
        for number, (saying, expects) in enumerate(asked, 1)
    )
    instead = tuple(Saying(en=en, zh=zh) for en, zh in subject.negative_prompts)
    return Prompt(about=_about(claim, instead), questions=questions, instead=instead)


SHOWN = (
    "Do the pictures clearly show what is claimed?",
    "画面是否清楚地显示了所述内容？",
)


def _about(claim: Saying, instead: Sequence[Saying]) -> Saying:
    if not instead:
        return claim
    english = "; ".join(saying.en for saying in instead)
    chinese = "、".join(saying.zh or saying.en for saying in instead)
    return Saying(
        en=f"{claim.en} What is easily taken for it: {english}.",
        zh=f"{claim.zh or claim.en}容易误认为：{chinese}。",
    )


def question_lines(questions: Sequence[Query], language: Language) -> str:
    """One line a question, with the key under which it is answered."""
    return "\n".join(f"- {question.key}: {question.in_(language)}" for question in questions)


def _files(folder: Path) -> dict[str, Path]:
    """By name; names from events never become paths, they are only looked up here."""
    return {path.stem: path for path in sorted(folder.glob("*.yaml")) if path.stem != COMMON}


def _read(path: Path, kind: type[FileT]) -> FileT:
    try:
        return kind.model_validate(read_yaml(path))
    except ValidationError as error:
        places = [explain(line) for line in error.errors(include_url=False)]
        problems = [f"{path}: {written(place)}: {why}" for place, why in places]
        raise ConfigError(problems) from None
