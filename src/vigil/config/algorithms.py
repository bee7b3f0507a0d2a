"""What users look for besides: `algorithms` in the file, or `vigil.d/algorithms/*.yaml`."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from vigil.config.settings import Model, Name, Words
from vigil.core import Saying, Severity

ALGORITHM_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""Names files and folders."""
KIND = "algorithm"
"""The rule that an attached algorithm becomes."""
Stage = Literal["trial", "cascade", "graduated"]
MOST_PHRASES = 12
Sentence = Annotated[str, Field(min_length=1, max_length=400)]


class Phrase(Model):
    """The same in both languages."""

    en: Sentence
    zh: Annotated[str, Field(max_length=400)] = ""

    @property
    def both(self) -> Saying:
        """English and Chinese."""
        return self.en, self.zh


def _in_english(value: object) -> object:
    return {"en": value} if isinstance(value, str) else value


AnyPhrase = Annotated[Phrase, BeforeValidator(_in_english)]
"""A text alone is English."""
Phrases = Annotated[tuple[AnyPhrase, ...], Field(max_length=MOST_PHRASES)]


class Asked(Phrase):
    """A question to be answered with yes, no or unclear."""

    expects: bool = True
    """The answer that a true claim leads to."""


AnyAsked = Annotated[Asked, BeforeValidator(_in_english)]


class Wording(Model):
    """An algorithm in words, for judges that read."""

    claim_zh: Annotated[str, Field(max_length=400)] = ""
    questions: Annotated[tuple[AnyAsked, ...], Field(max_length=MOST_PHRASES)] = ()
    """What a large model answers before it rules."""
    prompts: Phrases = ()
    """What a picture shows when the claim is true, for models that compare."""
    negative_prompts: Phrases = ()
    """What it may show when the claim is false: what is easily taken for it."""


def _plain(name: str) -> str:
    if ALGORITHM_NAME.fullmatch(name) is None:
        raise ValueError("allowed: a-z, 0-9, . _ -, 64 at most")
    return name


AlgorithmName = Annotated[str, AfterValidator(_plain)]


def _by_hand(stage: str) -> str:
    if stage != "trial":
        raise ValueError("allowed: trial; another stage only through promote, by measured figures")
    return stage


class AlgorithmConfig(Wording):
    """One algorithm, and where it is used."""

    claim: Sentence
    stage: Annotated[Stage, AfterValidator(_by_hand)] = "trial"
    version: Annotated[int, Field(ge=1)]
    """Of its head, in use on its cameras."""
    labels: Words = ()
    """Of more than two words those that are told."""
    severity: Severity = Severity.MEDIUM
    cameras: tuple[Name, ...] = ()


def attached(
    camera: Mapping[str, Any], name: object, algorithms: object, *, asks: bool = False
) -> Mapping[str, Any]:
    """A camera's settings with a rule for each algorithm that names it.

    `asks`: there is somebody to be asked about what its head is only unsure of.
    A rule of the camera's own that names the algorithm says what differs on this camera.
    """
    rules = camera.get("rules")
    if not isinstance(algorithms, Mapping) or not isinstance(rules, list | tuple):
        return camera
    made = [
        _rule_of(str(word), settings, rules, asks)
        for word, settings in algorithms.items()
        if isinstance(settings, Mapping) and _names(settings.get("cameras"), name)
    ]
    if not made:
        return camera
    named = {rule["algorithm"] for rule in made}
    others = [rule for rule in rules if _algorithm_of(rule) not in named]
    return {**camera, "rules": [*others, *made]}


def _rule_of(name: str, settings: Mapping[str, Any], rules: Any, asks: bool) -> dict[str, Any]:
    said = ("claim", "claim_zh", "version", "labels", "severity")
    made = {"kind": KIND, "name": name, "algorithm": name, "suspicions": asks}
    made |= {word: settings[word] for word in said if settings.get(word)}
    own: Mapping[str, Any] = next((rule for rule in rules if _algorithm_of(rule) == name), {})
    return {**made, **own}


def _algorithm_of(rule: object) -> object:
    if isinstance(rule, Mapping) and rule.get("kind") == KIND:
        return rule.get("algorithm")
    return None


def _names(cameras: object, name: object) -> bool:
    return isinstance(cameras, list | tuple) and name in cameras
