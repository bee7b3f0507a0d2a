"""Boxes that a detector sees on pictures that nobody labelled: a teacher, asked once of each.

What people said comes first. Where a person has labelled a picture, the words that people use in
this data set are settled there, seen or not; elsewhere a teacher's box gives way to any label that
it overlaps. What a student makes of a teacher that is not sure: see `DetectorLoss`.

boxes.jsonl      which teacher; then a picture and its boxes a line, in the run's folder
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from vigil.core import DataError, Image, ModelCard, iou
from vigil.core.durable import write_durably
from vigil.infer.registry import Registry
from vigil.train.judging import Answer, boxes_in
from vigil.train.stills import Still

LEAST = 0.1
"""Score of a box that is kept: what a teacher hardly sees it does not teach."""
SAME = 0.5
"""Overlap from which a teacher's box is about a thing that has a label."""
SAID = "boxes.jsonl"
Taught = Callable[[int, int], object]
"""Called with pictures done and pictures in all."""
Seen = Sequence[tuple[str, float, tuple[float, ...]]]
"""Word, score and box, in source pixels."""


@dataclass(frozen=True, kw_only=True, eq=False)
class BoxTeacher:
    """A detector of whatever kind, by its file."""

    card: ModelCard
    answer: Answer

    @classmethod
    def of(cls, reference: str, registry: Registry) -> "BoxTeacher":
        """A model of the registry, checked. Raises `ModelError`."""
        card, session = registry.open_verified(reference)
        return cls(card=card, answer=session.run)

    @property
    def mark(self) -> str:
        """Changes whenever its answers may."""
        return f"{self.card.id}:{self.card.sha256.get(self.card.file, '')[:16]}"

    def sees(self, image: Image) -> Seen:
        """All that it finds at least a little likely."""
        found = boxes_in(image, self.answer, self.card, LEAST)
        return [
            (self.card.labels[word], round(float(score), 4), tuple(round(float(x), 1) for x in box))
            for word, score, box in zip(found.classes, found.scores, found.boxes, strict=True)
        ]


def taught(
    stills: Sequence[Still],
    teacher: BoxTeacher,
    words: Sequence[str],
    folder: Path,
    *,
    told: Taught = lambda done, total: None,
) -> list[Still]:
    """The stills with what a teacher sees of `words` added. Raises `DataError`.

    Raises it, too, when the teacher knows none of the words.
    """
    numbers = {word: number for number, word in enumerate(words) if word in teacher.card.labels}
    if not numbers:
        raise DataError(
            f"teacher {teacher.card.id} knows none of: {', '.join(words)}; "
            f"it knows: {', '.join(teacher.card.labels)}"
        )
    settled = frozenset[int]().union(*(still.said for still in stills))
    found = []
    for done, (still, seen) in enumerate(_asked(stills, teacher, folder), start=1):
        found.append(_joined(still, seen, numbers, settled if still.said else frozenset()))
        told(done, len(stills))
    return found


def _asked(
    stills: Sequence[Still], teacher: BoxTeacher, folder: Path
) -> Iterable[tuple[Still, Seen]]:
    """Each still with what the teacher sees; what it has said before is not asked again."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder / SAID
    known = _said_before(file, teacher.mark)
    # Written anew, so that nothing follows a line that was cut short.
    lines = [json.dumps({"teacher": teacher.mark}), *(_line(*each) for each in known.items()), ""]
    write_durably(file, "\n".join(lines).encode())
    with file.open("a", encoding="utf-8", buffering=1) as more:
        for still in stills:
            name = str(still.path)
            if name not in known:
                known[name] = teacher.sees(still.image())
                more.write(_line(name, known[name]) + "\n")
            yield still, known[name]


def _joined(still: Still, seen: Seen, numbers: Mapping[str, int], settled: frozenset[int]) -> Still:
    more = [
        (numbers[word], score, box)
        for word, score, box in seen
        if word in numbers and numbers[word] not in settled
    ]
    boxes = np.array([box for _, _, box in more], np.float32).reshape(-1, 4)
    free = iou(boxes, still.boxes).max(axis=1, initial=0.0) < SAME
    added = np.array([word for word, _, _ in more], np.int64)[free]
    scores = np.array([score for _, score, _ in more], np.float32)[free]
    return replace(
        still,
        boxes=np.concatenate([still.boxes, boxes[free]]),
        words=np.concatenate([still.words, added]),
        weights=np.concatenate([still.weights, scores]),
    )


def _said_before(file: Path, mark: str) -> dict[str, Seen]:
    """What this teacher has said already; a line that was cut short does not count."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")[:-1]
        if not lines or json.loads(lines[0])["teacher"] != mark:
            return {}
        rows = [json.loads(line) for line in lines[1:]]
        return {
            row["picture"]: [(word, score, tuple(box)) for word, score, box in row["boxes"]]
            for row in rows
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{file}: damaged ({error}); remove it to ask the teacher again") from error


def _line(name: str, seen: Seen) -> str:
    return json.dumps({"picture": name, "boxes": seen})
