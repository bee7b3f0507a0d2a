"""A judge without prose: pictures are compared with a claim and with what else they may show."""

import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import Field

from vigil.brain.claims import Finding, claims_of, filled, values_of
from vigil.brain.clip_card import load_clip_card
from vigil.brain.encoders import Encoders
from vigil.brain.matching import Vector, margin, negatives_of
from vigil.brain.quiet import Ruler, Sketch, fitted
from vigil.brain.quiet_store import QuietStore, Sketches
from vigil.brain.settings import Count, Seconds
from vigil.brain.solo import GivenUp, Solo, Stop
from vigil.config.home import open_home
from vigil.core import (
    AnswerT,
    BrainRefused,
    BrainUnavailable,
    Claim,
    Question,
    Reply,
    Still,
    part,
)

REMEMBERED = 1024
"""Quiet pictures that teach nothing a second time, when an event is asked about again."""
LEARNT = "quiet"
"""The folder below the home in which it is kept what quiet cameras show."""


@part
class ClipBrain:
    """Compares pictures with claims by a pair of ONNX encoders; see `clip_card` for their card.

    Each camera's own quiet pictures teach it from which margin on a claim is true there.
    """

    folder: Path
    """Of the card, the two encoders and the tokenizer."""
    learnt: Path | None = None
    """Where it is kept what quiet cameras show; None: below the home."""
    false_rate: Annotated[float, Field(gt=0, le=0.5)] = 0.02
    """Of quiet looks, so many may be confirmed."""
    least_quiet: Annotated[int, Field(ge=10)] = 50
    """Pictures of a camera; with fewer, the card's numbers hold, which are unsure more often."""
    sure: Annotated[float, Field(gt=0.6, lt=1)] = 0.8
    """A likelihood from which on the answer is yes; no, below the rest."""
    most_stills: Count = 16
    """Pictures of one question that are looked at."""
    total_s: Seconds = 30.0
    """For a question, waiting for others and opening the model included."""

    def __post_init__(self) -> None:
        self._solo = Solo("clip")
        self._encoders: Encoders | None = None
        self._store: QuietStore | None = None
        self._taught: deque[str] = deque(maxlen=REMEMBERED)

    @property
    def model(self) -> str:
        return f"clip:{self.folder.name}"

    async def ask(self, question: Question, answer: type[AnswerT]) -> Reply[AnswerT]:
        """As `vigil.core.Brain`; a wrong folder raises `ConfigError` or `ModelError`."""
        try:
            return await self._solo.run(
                lambda stop: self._answered(question, answer, stop), within_s=self.total_s
            )
        except TimeoutError as error:
            raise BrainUnavailable(f"{self.model}: no answer in {self.total_s:g} s") from error
        except GivenUp as error:
            raise BrainUnavailable(f"{self.model}: closed while it was asked") from error

    def check(self) -> None:
        """Raises `ConfigError` for a folder without a card, or with a card that is wrong."""
        load_clip_card(self.folder)

    async def close(self) -> None:
        """Let the weights go; the next question opens them anew."""
        self._solo.close()
        self._encoders = None

    def _answered(self, question: Question, answer: type[AnswerT], stop: Stop) -> Reply[AnswerT]:
        stop.check()
        encoders, store = self._open()
        began_s = time.perf_counter()
        claims = claims_of(question, self.model)
        event = [still for still in question.stills if not still.background]
        shown = self._seen(encoders, event, stop)
        if not shown:
            raise BrainRefused(f"{self.model}: there is no picture of the event to look at")
        known = store.read(question.scope) if question.scope else {}
        views = [_View(claim, encoders) for claim in claims]
        findings = [self._found(view, shown, known) for view in views]
        reply = filled(values_of(findings, question, self.sure), answer, self.model)
        if question.scope:
            self._learn(encoders, store, views, question, stop)
        seconds = time.perf_counter() - began_s
        return Reply(answer=reply, model=encoders.card.name, seconds=seconds)

    def _learn(
        self,
        encoders: Encoders,
        store: QuietStore,
        views: Sequence["_View"],
        question: Question,
        stop: Stop,
    ) -> None:
        new = [one for one in question.stills if one.background and one.id not in self._taught]
        new = new[: self.most_stills]
        quiet = self._seen(encoders, new, stop)
        if quiet:
            store.add(question.scope, {view.mark: view.margins(quiet) for view in views})
            self._taught.extend(still.id for still in new)

    def _seen(self, encoders: Encoders, stills: Sequence[Still], stop: Stop) -> list[Vector]:
        found = []
        for still in stills[: self.most_stills]:
            stop.check()
            found.append(encoders.picture(still.image))
        return found

    def _found(self, view: "_View", shown: Sequence[Vector], known: Sketches) -> Finding:
        margins = view.margins(shown)
        best = int(np.argmax(margins))
        sketch = known.get(view.mark, Sketch())
        learnt = sketch.count >= self.least_quiet
        return Finding(
            claim=view.claim,
            margin=margins[best],
            number=best + 1,
            total=len(shown),
            negative=view.nearest(shown[best]),
            ruler=self._ruler(sketch, len(shown)) if learnt else view.ruler,
            quiet=sketch.count,
            learnt=learnt,
        )

    def _ruler(self, sketch: Sketch, looks: int) -> Ruler:
        return fitted(sketch, looks=looks, false_rate=self.false_rate, sure=self.sure)

    def _open(self) -> tuple[Encoders, QuietStore]:
        if self._store is None:
            self._store = QuietStore(self.learnt or open_home().path / LEARNT)
        if self._encoders is None:
            self._encoders = Encoders(self.folder)
        return self._encoders, self._store


class _View:
    """A claim in the eyes of one model."""

    def __init__(self, claim: Claim, encoders: Encoders) -> None:
        self.claim = claim
        self._card = encoders.card
        self._others = negatives_of(claim, encoders.card)
        self._positive = encoders.claim(tuple(claim.texts))
        self._negatives = np.stack([encoders.text(text) for text in self._others])
        self.mark = encoders.mark(tuple(claim.texts), tuple(self._others))
        self.ruler = Ruler(threshold=self._card.threshold, temperature=self._card.temperature)

    def margins(self, pictures: Sequence[Vector]) -> list[float]:
        """Of each picture, nats."""
        return [margin(one, self._positive, self._negatives, self._card) for one in pictures]

    def nearest(self, picture: Vector) -> str:
        """The negative that fits a picture best."""
        return self._others[int(np.argmax(self._negatives @ picture))]
