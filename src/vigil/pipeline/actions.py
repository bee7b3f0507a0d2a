"""Opens the networks of clips that the rules of cameras ask about actions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Protocol, runtime_checkable

from vigil.config.home import Home
from vigil.core import (
    ActionQuestion,
    ConfigError,
    Corners,
    Gate,
    ModelError,
    Rule,
    Sense,
    SystemClock,
)
from vigil.infer.clip_session import clip_of
from vigil.infer.live import LiveModel, OpenModel
from vigil.infer.registry import Registry
from vigil.stages.sense.actions import ActionSense

SIGNAL = "actions"


@runtime_checkable
class AsksActions(Protocol):
    """A rule that reads what a network of clips says."""

    name: str
    labels: tuple[str, ...]

    @property
    def question(self) -> ActionQuestion: ...


class Actions:
    """Makes the sense of each camera; cameras of a process share networks."""

    def __init__(self, home: Home) -> None:
        self._registry = Registry(home.models)
        self._live: dict[str, LiveModel] = {}
        self._needed: dict[str, dict[str, str]] = {}
        """Of each model the words that rules are told of, and one rule that is."""

    def senses(
        self, rules: Sequence[Rule], gate: Gate, masks: Sequence[Corners]
    ) -> tuple[Sense, ...]:
        """The sense that these rules need, or none.

        Raises `ModelError` where a model cannot be opened or lacks a word, `ConfigError` where two
        rules ask the same in different ways.
        """
        asking = list(_asking(rules))
        if not asking:
            return ()
        words: dict[ActionQuestion, frozenset[str]] = {}
        for rule in asking:
            _check(self._opened(rule.question.model).current(), _words_of(rule))
            _check_alone(rule, words)
            words[rule.question] = words.get(rule.question, frozenset()) | set(rule.labels)
        for rule in asking:
            # From now on a new version must know them, too.
            self._needed[rule.question.model].update(_words_of(rule))
        asked = {question: self._live[question.model] for question in words}
        return (ActionSense(asked, words, gate.regions, masks=masks),)

    def _opened(self, name: str) -> LiveModel:
        if name not in self._live:
            needed = self._needed.setdefault(name, {})

            def check(model: OpenModel) -> None:
                _check(model, needed)

            self._live[name] = LiveModel(self._registry, name, check=check, clock=SystemClock())
        return self._live[name]


def _asking(rules: Sequence[Rule]) -> Iterator[AsksActions]:
    for rule in rules:
        if SIGNAL in rule.signals and isinstance(rule, AsksActions):
            yield rule


def _check_alone(rule: AsksActions, questions: Iterable[ActionQuestion]) -> None:
    """Answers say whose they are by model and place only."""
    asked = rule.question
    for other in questions:
        if other != asked and (other.model, other.where) == (asked.model, asked.where):
            raise ConfigError(
                f"rule {rule.name!r}: asks {asked.model} about each {asked.where} with another "
                "who, rate or most than a rule before; allowed: the same"
            )


def _words_of(rule: AsksActions) -> dict[str, str]:
    return dict.fromkeys(rule.labels, rule.name)


def _check(model: OpenModel, needed: Mapping[str, str]) -> None:
    clip_of(model.card)
    for word, rule in needed.items():
        if word not in model.card.labels:
            there = ", ".join(model.card.labels)
            raise ModelError(f"rule {rule!r}: {model.card.id} knows no {word!r}; it knows: {there}")
