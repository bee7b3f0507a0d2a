"""Which looks of a camera are kept to learn from: asks the samplers, holds them to their budget."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

import cv2
import numpy as np

from vigil.config.samples import Sampling
from vigil.core import (
    Box,
    Corners,
    Detections,
    Event,
    Frame,
    Label,
    Labeler,
    Look,
    Origin,
    Sample,
    Sampler,
    Scene,
    Step,
    StepKind,
    as_array,
    iou,
    uuid7,
)
from vigil.core.samples import joint
from vigil.media.footage import MaskedPixels
from vigil.pipeline.sample_budget import ALL, SampleBudget
from vigil.pipeline.sample_writer import SampleCounts, SampleWriter, Taken
from vigil.stages.sample.condition import condition_of

NEAR_S = 1.0
"""An event that is told without a look is shown by the last one before, if it was so near."""
SAME_THING = 0.5
"""A detection that overlaps the box of an event by so much (IoU) proposes it already."""


class _Seen(NamedTuple):
    look: Look
    detections: Detections
    scene: Scene


class SampleDesk:
    """Sees every look that was answered, and has those written that are worth it.

    Nothing is done with pixels before a sampler wants them and the budget allows it; then the
    picture is made, at `sampling.width` at most and with `masks` (fractions) black, and handed on.
    """

    def __init__(
        self,
        sampling: Sampling,
        *,
        samplers: Sequence[Sampler],
        masks: Sequence[Corners],
        budget: SampleBudget,
        writer: SampleWriter,
    ) -> None:
        """`samplers`: those that `sampling` names, made for this camera."""
        self.counts = SampleCounts()
        self._sampling = sampling
        self._samplers = tuple(samplers)
        self._masks = tuple(masks)
        self._budget = budget
        self._writer = writer
        self._last: _Seen | None = None
        self._condition = ""

    def see(
        self,
        look: Look | None,
        detections: Detections | None,
        scene: Scene,
        steps: Sequence[Step],
    ) -> None:
        """One moment: its look with pixels, where there was one, what it showed, what was told."""
        if scene.signals is not None:
            self._condition = condition_of(scene.signals)
        if look is not None and detections is not None:
            self._last = _Seen(look, detections, scene)
        elif self._last is not None:
            if scene.time_s - self._last.scene.time_s > NEAR_S:
                self._last = None  # its pixels are large
            if not any(step.kind is StepKind.NEW for step in steps):
                return
        if self._last is not None:
            self._offer(self._last, steps)

    def _offer(self, seen: _Seen, steps: Sequence[Step]) -> None:
        time_s = seen.scene.time_s
        wanted: dict[str, float] = {}
        refused = False
        for sampler in self._samplers:
            score = sampler.offer(seen.look, seen.detections, seen.scene, steps)
            if score is None:
                continue
            if self._budget.allows(sampler.kind, sampler.limits, time_s):
                wanted[sampler.kind] = score
            else:
                refused = True
        if wanted and not self._budget.allows(ALL, self._sampling.limits, time_s):
            wanted, refused = {}, True
        if wanted and not self._writer.has_room:
            self.counts.missed += 1
        elif wanted:
            self._take(seen, steps, wanted)
        self.counts.refused += refused and not wanted

    def _take(self, seen: _Seen, steps: Sequence[Step], reasons: Mapping[str, float]) -> None:
        frame = masked(seen.look.frame, self._masks)
        image = frame.rgb(min(self._sampling.width, frame.width))
        height, width = image.shape[:2]
        sample_id = uuid7(frame.time_s)
        events = [step.event for step in steps if step.kind is StepKind.NEW]
        day = datetime.fromtimestamp(frame.time_s, UTC).strftime("%Y-%m-%d")
        sample = Sample(
            id=sample_id,
            source=seen.scene.source,
            time_s=frame.time_s,
            path=f"{day}/{sample_id}.jpg",
            width=width,
            height=height,
            size_bytes=0,
            score=joint(reasons.values()),
            reasons=dict(reasons),
            condition=self._condition,
            proposals=tuple(self._proposals(sample_id, seen, events, width / frame.width)),
            event_id=events[0].id if events else None,
        )
        account = self._budget.charge((ALL, *reasons), frame.time_s)
        self._writer.put(
            Taken(
                sample=sample,
                image=image,
                quality=self._sampling.quality,
                account_file=self._budget.file,
                account=account,
                counts=self.counts,
            )
        )

    def _proposals(
        self, sample_id: str, seen: _Seen, events: Sequence[Event], scale: float
    ) -> list[Label]:
        """What was seen, in pixels of the picture; what lies under a mask nobody can check."""
        seen_by = seen.detections
        told: list[tuple[str, Box, float | None, str]] = [
            (word, Box(*map(float, box)), round(float(score), 4), seen_by.card)
            for word, box, score in zip(seen_by.labels, seen_by.boxes, seen_by.scores, strict=True)
        ]
        told += [
            (event.label, event.box, None, event.rule)
            for event in events
            if event.box is not None and event.label and not _is_among(event, seen.detections)
        ]
        shown = [one for one in told if not self._hides(one[1], seen.look.frame)]
        return [
            proposal(f"{sample_id}/{number}", word, box, scale, score, by, seen.scene.time_s)
            for number, (word, box, score, by) in enumerate(shown)
        ]

    def _hides(self, box: Box, frame: Frame) -> bool:
        """Whether the middle of a box lies under a mask."""
        middle = (box.x1 + box.x2) / 2 / frame.width, (box.y1 + box.y2) / 2 / frame.height
        return any(
            cv2.pointPolygonTest(np.array(corners, np.float32), middle, False) >= 0
            for corners in self._masks
        )


def masked(frame: Frame, masks: Sequence[Corners]) -> Frame:
    """The frame with these polygons, in fractions of the picture, black."""
    if not masks:
        return frame
    return replace(frame, pixels=MaskedPixels(frame.pixels, masks, (frame.width, frame.height)))


def proposal(
    label_id: str, word: str, box: Box, scale: float, score: float | None, by: str, time_s: float
) -> Label:
    """What a model or a rule says of a picture; `scale`: its pixels over those of the source."""
    return Label(
        word=word,
        shape=Box(*(round(float(side) * scale, 2) for side in box)),
        origin=Origin(labeler=Labeler.MODEL, by=by, score=score, time_s=time_s),
        id=label_id,
    )


def _is_among(event: Event, detections: Detections) -> bool:
    """Whether a detection shows the event's thing."""
    if event.box is None or not len(detections):
        return False
    alike = np.array([label == event.label for label in detections.labels], bool)
    overlaps = iou(as_array([event.box]), detections.boxes)[0]
    return bool((overlaps[alike] >= SAME_THING).any())
