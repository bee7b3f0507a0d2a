"""Opens the heads of algorithms for the cameras that they are attached to."""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

import structlog

from vigil.config.home import Home
from vigil.core import Corners, Gate, Rule, Sense, VigilError
from vigil.infer.embedders import MarkedEmbedder, embedder_for, mark_of
from vigil.infer.head_folder import KeptHead, open_head
from vigil.infer.head_panel import HeadPanel
from vigil.infer.registry import Registry
from vigil.stages.sense.stills import StillSense

log = structlog.get_logger(__name__)
SIGNAL = "likenesses"


@runtime_checkable
class AsksHead(Protocol):
    """A rule that reads what the head of an algorithm says."""

    algorithm: str
    version: int | None


class Stills:
    """Makes the sense of each camera; cameras of a process share embedders."""

    def __init__(self, home: Home, *, strict: bool = True) -> None:
        """`strict`: a head that cannot be opened is an error; else it is silent until it can be."""
        self._home = home
        self._strict = strict
        self._embedders: dict[str, MarkedEmbedder] = {}

    def senses(
        self, source: str, rules: Sequence[Rule], gate: Gate, masks: Sequence[Corners]
    ) -> tuple[Sense, ...]:
        """The sense that these rules need, or none. Raises `ModelError` where that is strict."""
        asked = [rule for rule in rules if SIGNAL in rule.signals and isinstance(rule, AsksHead)]
        wanted = list(dict.fromkeys((rule.algorithm, rule.version) for rule in asked))
        if not wanted:
            return ()
        panel = self._panel(source, wanted, {})

        def again() -> HeadPanel:
            nonlocal panel
            panel = self._panel(source, wanted, panel.silent)
            return panel

        return (StillSense(panel, gate.regions, masks=masks, again=again),)

    def _panel(
        self, source: str, wanted: Sequence[tuple[str, int | None]], before: Mapping[str, str]
    ) -> HeadPanel:
        """Open all that can be; `before`: what was silent, and is told of when that changes."""
        heads: list[KeptHead] = []
        embedders: dict[str, MarkedEmbedder] = {}
        silent: dict[str, str] = {}
        for algorithm, version in wanted:
            name = algorithm if version is None else f"{algorithm}@{version}"
            try:
                kept = open_head(self._home.algorithms, algorithm, version)
                opened = embedders.get(kept.embedder) or self._embedder_of(kept)
                HeadPanel([kept], {kept.embedder: opened})
            except VigilError as error:
                if self._strict:
                    raise
                silent[name] = str(error)
            else:
                heads.append(kept)
                embedders[kept.embedder] = opened
        _log_changes(source, before, silent)
        return HeadPanel(heads, embedders, silent)

    def _embedder_of(self, kept: KeptHead) -> MarkedEmbedder:
        """What gives the head's vectors; where nothing does, what its word opens now."""
        word, registry = kept.embedder, Registry(self._home.models)
        opened = self._embedders.get(word)
        if opened is not None and kept.head.embedder not in (opened.mark, mark_of(word, registry)):
            return opened
        if opened is None or opened.mark != kept.head.embedder:
            opened = self._embedders[word] = embedder_for(word, registry)
        return opened


def _log_changes(source: str, before: Mapping[str, str], silent: Mapping[str, str]) -> None:
    for name, reason in silent.items():
        if before.get(name) != reason:
            log.error("an algorithm is silent", camera=source, algorithm=name, reason=reason)
    for name in before.keys() - silent.keys():
        log.info("an algorithm is asked again", camera=source, algorithm=name)
