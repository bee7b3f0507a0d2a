"""A new model on probation: now and then the one before looks at the same picture.

A gate compares two models on pictures of the past. Whether they still agree on what cameras show
now is seen on a small share of the looks; where they agree much less than at the gate, the
pointer goes back by itself.
"""

import json
from dataclasses import asdict, dataclass

import numpy as np
import structlog

from vigil.core import Boxes, Image, ModelCard, ModelError, iou
from vigil.core.durable import write_durably
from vigil.infer.heads import Candidates, head_of
from vigil.infer.live import OpenModel
from vigil.infer.registry import Registry
from vigil.stages.detect.nms import groups_of, survivors

LOG = structlog.get_logger(__name__)
FILE = "probation.json"
EVERY = 20
"""Looks at which only the new one looks, but for one."""
ENOUGH = 200
"""Boxes of both by which they are judged."""
LONGEST = 5000
"""Compared looks after which a probation is over, however little was to be seen."""
SAME = 0.5
"""Overlap from which two boxes mean one thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed at the gate."""

    version: int
    """On probation."""
    before: int
    """That it is compared with."""
    least: float
    """Share of boxes that both must see, 0 to 1; below it the older one comes back."""

    def write(self, registry: Registry, name: str) -> None:
        """Put them beside the pointer, before it moves."""
        path = registry.folder / name / FILE
        write_durably(path, (json.dumps(asdict(self)) + "\n").encode())

    @classmethod
    def read(cls, registry: Registry, name: str) -> "Terms | None":
        """None where there are none, or none that can be read."""
        try:
            return cls(**json.loads((registry.folder / name / FILE).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None


class Probation:
    """Compares the model in use with the one before, until enough was seen by either."""

    def __init__(self, old: OpenModel, terms: Terms, registry: Registry) -> None:
        self.over = False
        self._old, self._terms, self._registry = old, terms, registry
        self._looks = self._compared = self._boxes = self._shared = 0

    @classmethod
    def begin(cls, old: OpenModel, new: OpenModel, registry: Registry) -> "Probation | None":
        """Where a swap from the one to the other was agreed to be on probation."""
        terms = Terms.read(registry, new.card.name)
        if terms is None or (terms.version, terms.before) != (new.card.version, old.card.version):
            return None
        return cls(old, terms, registry)

    @property
    def agreement(self) -> float:
        """Boxes that both have seen, as a share of all; 1 before any was seen."""
        return self._shared / self._boxes if self._boxes else 1.0

    def look(self, picture: Image, found: Candidates, new: OpenModel) -> None:
        """`found`: what the new model sees in a picture of its own size, duplicates included.

        Every so often the older one is asked, too; it costs as much as it did before.
        """
        self._looks += 1
        if self.over or self._looks % EVERY:
            return
        old = self._old
        if old.card.input != new.card.input:
            self.over = True  # it would have to be drawn anew
            return
        theirs = head_of(old.card)(old.session.run(picture), old.card, old.card.score)
        self._compared += 1
        both, shared = agreed(found, new.card, theirs, old.card)
        self._boxes, self._shared = self._boxes + both, self._shared + shared
        if self._boxes >= ENOUGH or self._compared >= LONGEST:
            self._judge(new)

    def _judge(self, new: OpenModel) -> None:
        self.over = True
        card, told = new.card, {"agreement": round(self.agreement, 3), "least": self._terms.least}
        if self.agreement >= self._terms.least:
            LOG.info("model kept after its probation", model=card.id, **told)
            return
        try:
            # Another process may have found the same: once is enough.
            if self._registry.resolve(card.name)[0].version == card.version:
                self._registry.roll_back(card.name)
        except ModelError as error:
            LOG.error("model not rolled back", model=card.id, reason=str(error), **told)
            return
        LOG.error("model rolled back", model=card.id, kept=self._old.card.id, **told)


def agreed(
    ours: Candidates, our_card: ModelCard, theirs: Candidates, their_card: ModelCard
) -> tuple[int, int]:
    """Boxes of both models, without duplicates, and how many of them the other one sees as well.

    Only words that both know; each box counts from its own card's score on.
    """
    known = set(our_card.labels) & set(their_card.labels)
    a, words_a = _sure(ours, our_card, known)
    b, words_b = _sure(theirs, their_card, known)
    same = (iou(a, b) >= SAME) & (words_a[:, None] == words_b[None, :])
    return len(a) + len(b), int(same.any(1).sum() + same.any(0).sum())


def _sure(
    found: Candidates, card: ModelCard, known: set[str]
) -> tuple[Boxes, "np.ndarray[tuple[int], np.dtype[np.str_]]"]:
    words = np.array(card.labels)[found.classes]
    keep = (found.scores >= card.score) & np.isin(words, sorted(known))
    found, words = found.where(keep), words[keep]
    once = survivors(
        found.boxes, found.scores, groups_of(card.labels)[found.classes], iou=card.nms_iou
    )
    return found.boxes[once], words[once]
