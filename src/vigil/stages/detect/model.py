"""The detector that a model file drives."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from vigil.core import Detections, Look, ModelCard, ModelError, Rung, SystemClock, part
from vigil.infer.heads import Candidates, head_of
from vigil.infer.live import LiveModel, OpenModel
from vigil.infer.registry import Registry, models_folder
from vigil.infer.session import Precision
from vigil.stages.detect.canvas import Canvas, Findings, compose, to_source
from vigil.stages.detect.nms import groups_of, survivors
from vigil.stages.detect.packing import plan
from vigil.stages.detect.probation import Probation

HINT = 0.1
"""Score from which half a thing is worth a second look: of legs alone, no model is sure."""

WEAK = 0.5
"""Of the card's score: a tracker may follow what is seen weakly; rules ask for more themselves."""


@part
class ModelDetector:
    """Find what a model of the registry was trained to find.

    `name`: in the registry, or `name@version` to stay with one version. `labels`: only these
    words are reported; empty: all. `score`: the lowest confidence reported, 0 to 1; None: half of
    what the card calls sure. `canvas`: regions of several cameras share one model input; False:
    every look is seen whole. `max_canvases`: model inputs per call, beyond one region for each
    look; None: as many as needed. `precision`: `bf16` halves the time of OpenVINO models on
    processors that have it and keeps two or three digits. `registry`: its folder; None: below
    VIGIL_HOME.
    """

    name: str
    labels: tuple[str, ...] = ()
    score: float | None = None
    canvas: bool = True
    max_canvases: int | None = None
    precision: Precision = "f32"
    registry: Path | None = None

    def __post_init__(self) -> None:
        self.skipped_regions = 0
        """Regions that `max_canvases` left unseen since the start."""
        self._fixed: OpenModel | None = None
        self._live: LiveModel | None = None
        self._probation: Probation | None = None

    @classmethod
    def of(
        cls,
        card: ModelCard,
        folder: Path,
        *,
        labels: tuple[str, ...] = (),
        score: float | None = None,
        canvas: bool = True,
    ) -> "ModelDetector":
        """A detector of weights that no registry keeps; opens them, or raises `ModelError`."""
        detector = cls(name=card.name, labels=labels, score=score, canvas=canvas)
        detector._fixed = OpenModel.of(card, folder)
        detector._check(detector._fixed)
        return detector

    @property
    def needs(self) -> Rung:
        """It learns nothing between looks: its cameras may rest on key frames."""
        return Rung.KEYFRAME

    @property
    def vocabulary(self) -> frozenset[str]:
        """Words that it can report. Opens the weights, or raises `ModelError`."""
        return frozenset(self.labels or self._model().card.labels)

    @property
    def sure(self) -> float:
        """Score from which the card is sure. Opens the weights, or raises `ModelError`."""
        return self._model().card.score

    def warm_up(self) -> None:
        """Open the weights now; raises `ModelError` when they cannot be used."""
        self._model()

    def detect(self, looks: Sequence[Look]) -> list[Detections]:
        model = self._model()
        limit = self.max_canvases
        findings, used = self._pass(looks, model, limit)
        # A thing larger than its region is cut in two: its picture is seen again, as a whole.
        again = [index for index, found in enumerate(findings) if any(f.cut.any() for f in found)]
        if again and (limit is None or used < limit):
            whole = [Look.whole(looks[index].frame, looks[index].rung) for index in again]
            seen, _ = self._pass(whole, model, limit)
            for index, found in zip(again, seen, strict=True):
                findings[index] = found
        return [
            self._merged(found, look, model.card)
            for found, look in zip(findings, looks, strict=True)
        ]

    def _pass(
        self, looks: Sequence[Look], model: OpenModel, limit: int | None
    ) -> tuple[list[list[Findings]], int]:
        """What is found for each look, and how many canvases it took."""
        if not self.canvas:
            looks = [Look.whole(look.frame, look.rung) for look in looks]
        made = plan(looks, model.card.input, most=limit)
        self.skipped_regions += made.skipped
        findings: list[list[Findings]] = [[] for _ in looks]
        for canvas in made.canvases:
            for finding in self._see(canvas, looks, model):
                findings[finding.look].append(finding)
        return findings, len(made.canvases)

    def _model(self) -> OpenModel:
        if self._fixed is not None:
            return self._fixed
        if self._live is None:
            registry = Registry(self.registry or models_folder())
            clock = SystemClock()
            self._live = LiveModel(
                registry,
                self.name,
                check=self._check,
                clock=clock,
                precision=self.precision,
                on_swap=partial(self._begin_probation, registry),
            )
        return self._live.current()

    def _check(self, model: OpenModel) -> None:
        """Raise `ModelError` for a model that this detector cannot use."""
        card = model.card
        missing = sorted(set(self.labels) - set(card.labels))
        if missing:
            raise ModelError(
                f"{card.id} knows no {', '.join(missing)}; it knows: {', '.join(card.labels)}"
            )
        head = head_of(card)
        blank = np.zeros((card.input.height, card.input.width, 3), np.uint8)
        outputs = model.session.run(blank)
        try:
            head(outputs, card, 0.0)
        except (IndexError, ValueError) as error:
            shapes = [list(output.shape) for output in outputs]
            raise ModelError(f"{card.id}: head {card.head!r} cannot read {shapes}") from error

    def _see(self, canvas: Canvas, looks: Sequence[Look], model: OpenModel) -> list[Findings]:
        card = model.card
        picture = compose(canvas, looks, card.input)
        score = min(self._least_score(card), HINT)
        found = head_of(card)(model.session.run(picture), card, score)
        if self._probation is not None:
            self._probation.look(picture, found, model)
            if self._probation.over:
                self._probation = None
        return to_source(canvas, found, looks)

    def _begin_probation(self, registry: Registry, old: OpenModel, new: OpenModel) -> None:
        self._probation = Probation.begin(old, new, registry)

    def _least_score(self, card: ModelCard) -> float:
        return WEAK * card.score if self.score is None else self.score

    def _merged(self, findings: list[Findings], look: Look, card: ModelCard) -> Detections:
        """One look's findings without duplicates, in words."""
        if not findings:
            return Detections.none(card.id)
        found = Candidates.all_of([finding.found for finding in findings])
        cut = np.concatenate([finding.cut for finding in findings])
        sure = found.scores >= self._least_score(card)
        found, cut = found.where(sure), cut[sure]
        # A whole box outranks a cut one of the same object, however sure the model was.
        groups = groups_of(card.labels)[found.classes]
        kept = found.where(survivors(found.boxes, found.scores - cut, groups, iou=card.nms_iou))
        labels = tuple(card.labels[index] for index in kept.classes)
        words = Detections(boxes=kept.boxes, scores=kept.scores, labels=labels, card=card.id)
        return self._wanted(words, look)

    def _wanted(self, found: Detections, look: Look) -> Detections:
        keep = [
            (not self.labels or label in self.labels) and (not look.labels or label in look.labels)
            for label in found.labels
        ]
        return found.where(np.array(keep, bool))
