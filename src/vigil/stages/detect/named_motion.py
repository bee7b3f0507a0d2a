"""Find what moves, and what came to rest, and call it by its name where a model knows one."""

from collections.abc import Sequence
from dataclasses import field
from pathlib import Path

from vigil.core import ANYTHING, Detections, Look, Rung, part
from vigil.infer.session import Precision
from vigil.stages.detect.model import WEAK, ModelDetector
from vigil.stages.detect.motion import REMEMBERED_CALLS, MotionDetector
from vigil.stages.detect.naming import Naming


@part
class NamedMotionDetector:
    """Motion finds, a model names: what the model does not know stays an `object`.

    What the model is sure of and what stands out from the background is told by the model's word,
    in the model's box: two people in one blob become two. A blob that such boxes explain is left
    out, any other is reported as by `motion`. What the model sees where nothing ever moved (a chair
    that it takes for somebody, a car that was parked before the watch began) is not told; what was
    named while it moved is told for as long as the model sees it there, also when the background
    has absorbed it. While nothing differs from the background and nothing named is left, the model
    looks once a minute, to know what stands there: an empty camera costs what `motion` costs.
    Limits: what the model takes for another thing has the wrong word; what it knows of a group
    speaks for all of it.

    `name`: in the registry, or `name@version`. `labels`: only these words are given; empty: all.
    `score`: from which a name is believed, 0 to 1; None: what the card calls sure. `motion`: its
    settings. `precision`, `registry`: as of a model.
    """

    name: str = "vigil-sentry"
    labels: tuple[str, ...] = ()
    score: float | None = None
    motion: MotionDetector = field(default_factory=MotionDetector)
    precision: Precision = "f32"
    registry: Path | None = None

    def __post_init__(self) -> None:
        self._model = ModelDetector(
            name=self.name,
            labels=self.labels,
            score=None if self.score is None else WEAK * self.score,
            precision=self.precision,
            registry=self.registry,
        )
        self._namings: dict[str, Naming] = {}
        self._calls = 0

    @property
    def needs(self) -> Rung:
        return self.motion.needs

    @property
    def vocabulary(self) -> frozenset[str]:
        """Words that it can report. Opens the weights, or raises `ModelError`."""
        return self._model.vocabulary | {ANYTHING}

    def warm_up(self) -> None:
        """Open the weights now; raises `ModelError` when they cannot be used."""
        self._model.warm_up()

    def detect(self, looks: Sequence[Look]) -> list[Detections]:
        self._calls += 1
        moved = self.motion.moved(looks)
        namings = [self._naming(look.frame.source) for look in looks]
        asked = [
            # All that it sees, not only what rules ask for: who is a vehicle is no `object`.
            Look(frame=look.frame, regions=naming.places(look.frame, each), rung=look.rung)
            for look, naming, each in zip(looks, namings, moved, strict=True)
        ]
        answers = iter(self._model.detect([look for look in asked if len(look.regions)]))
        told = []
        for look, naming, each in zip(asked, namings, moved, strict=True):
            if len(look.regions):
                naming.learn(look.frame, each, next(answers), sure=self._sure)
            told.append(naming.tell(look.frame, each))
        if self._calls % REMEMBERED_CALLS == 0:
            self._namings = {
                source: naming
                for source, naming in self._namings.items()
                if self._calls - naming.called < REMEMBERED_CALLS
            }
        return told

    @property
    def _sure(self) -> float:
        return self._model.sure if self.score is None else self.score

    def _naming(self, source: str) -> Naming:
        naming = self._namings.setdefault(source, Naming(self.motion))
        naming.called = self._calls
        return naming
