"""Opens the heads of algorithms for the cameras that they are attached to."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from vigil.config.home import Home
from vigil.core import Corners, Gate, Rule, Sense
from vigil.infer.embedders import MarkedEmbedder, embedder_for
from vigil.infer.head_folder import open_head
from vigil.infer.head_panel import HeadPanel
from vigil.infer.registry import Registry
from vigil.stages.sense.stills import StillSense

SIGNAL = "likenesses"


@runtime_checkable
class AsksHead(Protocol):
    """A rule that reads what the head of an algorithm says."""

    algorithm: str
    version: int | None


class Stills:
    """Makes the sense of each camera; cameras of a process share embedders."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._embedders: dict[str, MarkedEmbedder] = {}

    def senses(
        self, rules: Sequence[Rule], gate: Gate, masks: Sequence[Corners]
    ) -> tuple[Sense, ...]:
        """The sense that these rules need, or none. Raises `ModelError`."""
        asked = [rule for rule in rules if SIGNAL in rule.signals and isinstance(rule, AsksHead)]
        wanted = dict.fromkeys((rule.algorithm, rule.version) for rule in asked)
        if not wanted:
            return ()
        heads = [
            open_head(self._home.algorithms, algorithm, version) for algorithm, version in wanted
        ]
        for word in {kept.embedder for kept in heads} - self._embedders.keys():
            self._embedders[word] = embedder_for(word, Registry(self._home.models))
        panel = HeadPanel(heads, self._embedders)
        return (StillSense(panel, gate.regions, masks=masks),)
