"""A judge of events of users' own algorithms: their heads, asked again about the clip."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from vigil.core import (
    Case,
    Clock,
    ModelError,
    Ruling,
    SourceLost,
    Subject,
    SystemClock,
    Verdict,
    part,
)
from vigil.infer.embedders import MarkedEmbedder, embedder_for
from vigil.infer.head_folder import KeptHead, open_head
from vigil.infer.head_panel import HeadPanel
from vigil.infer.head_views import views_of
from vigil.infer.registry import Registry
from vigil.stages.verify.bands import Band
from vigil.stages.verify.paths import path_of
from vigil.stages.verify.pool import Pool, Stop

MOST_STILLS = 8
NEAREST_S = 0.5
"""Two stills are not nearer in time: they would say the same twice."""
LONGEST_S = 20.0
"""From the event's start: a head that is not sure by then will not be."""


@part
class HeadJudge:
    """Rules by the head of the event's algorithm where it is sure, of at most eight stills.

    Its band, in which it is unsure, was measured on examples that it had not seen. What no
    algorithm has claimed is unsure. The second look asks the same head; this judge is for those
    who want no other. `workers`: threads.
    """

    workers: Annotated[int, Field(ge=1)] = 1

    def __post_init__(self) -> None:
        self.clock: Clock = SystemClock()
        self._pool = Pool(self.workers, "head")
        self._heads = Heads()

    async def verify(self, case: Case) -> Verdict:
        """As `Verifier`."""
        return await self._pool.run(lambda stop: self._heads.verdict(case, stop, self.clock))

    async def close(self) -> None:
        self._pool.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What a head says of a clip."""

    likelihood: float
    """Mean over the stills."""
    told: int
    """Stills in which it tells the word."""
    stills: int


class Heads:
    """Opens heads when an event needs them, and keeps them open."""

    def __init__(self) -> None:
        self._embedders: dict[tuple[Path, str], MarkedEmbedder] = {}

    def verdict(self, case: Case, stop: Stop, clock: Clock) -> Verdict:
        """Rule on an event. Raises `SourceError` for a clip that cannot be read."""
        began_s = clock.monotonic_s()
        if case.subject is None:
            return _unsure(case, clock, "No algorithm has claimed it.", "并非由自定义算法提出。")
        try:
            kept, panel = self._opened(case.subject)
        except ModelError as error:
            return _unsure(case, clock, f"Its head cannot be asked: {error}.", "算法头无法打开。")
        asked = _ask(case, stop, kept, panel)
        ruling = Band(low=kept.band[0], high=kept.band[1]).ruling(asked.likelihood)
        reason, reason_zh = _words(kept, asked, ruling)
        return Verdict(
            event_id=case.event.id,
            ruling=ruling,
            likelihood=asked.likelihood,
            reason=reason,
            reason_zh=reason_zh,
            judge=f"head:{kept.id}:{kept.head.version}",
            time_s=clock.now_s(),
            seconds={"total": clock.monotonic_s() - began_s},
        )

    def _opened(self, subject: Subject) -> tuple[KeptHead, HeadPanel]:
        kept = open_head(subject.home / "algorithms", subject.algorithm, subject.version)
        models = subject.home / "models"
        opened = self._embedders.get((models, kept.embedder))
        if opened is None or opened.mark != kept.head.embedder:
            opened = embedder_for(kept.embedder, Registry(models))
            self._embedders[models, kept.embedder] = opened
        return kept, HeadPanel([kept], {kept.embedder: opened})


def _ask(case: Case, stop: Stop, kept: KeptHead, panel: HeadPanel) -> _Asked:
    """Of each still the view that is most like it: the whole, or where the watch saw it."""
    event, footage = case.event, case.footage
    words = kept.head.words
    word = words.index(event.label) if event.label in words else 0
    start_s = min(max(event.start_s, footage.start_s), footage.end_s)
    end_s = min(max(event.end_s, start_s + NEAREST_S), start_s + LONGEST_S, footage.end_s)
    every_s = max(NEAREST_S, (end_s - start_s) / (MOST_STILLS - 1))
    path, found = path_of(event), []
    for frame in stop.frames(footage, start_s, end_s, every_s=every_s):
        near = min(path, key=lambda point: abs(point[0] - frame.time_s), default=None)
        views = views_of(frame, [] if near is None else [near[1]])
        (shares,) = panel.ask([image for _, image in views])
        found.append(float(shares[:, word].max()))
    if not found:
        raise SourceLost("the clip shows nothing of the event")
    told = sum(likelihood >= kept.head.threshold for likelihood in found)
    return _Asked(likelihood=sum(found) / len(found), told=told, stills=len(found))


def _words(kept: KeptHead, asked: _Asked, ruling: Ruling) -> tuple[str, str]:
    """The reason, in English and Chinese."""
    low, high = kept.band
    mean = f"{asked.likelihood:.2f}"
    said = f"{kept.id} tells it in {asked.told} of {asked.stills} stills, {mean} likely on average"
    said_zh = f"{kept.id} 在 {asked.stills} 帧中的 {asked.told} 帧认出目标，平均概率 {mean}"
    if ruling is Ruling.CONFIRMED:
        return f"{said}; above {high:.2f} it is sure.", f"{said_zh}；高于 {high:.2f} 即可确认。"
    if ruling is Ruling.REJECTED:
        return f"{said}; below {low:.2f} it is sure.", f"{said_zh}；低于 {low:.2f} 即可否定。"
    return (
        f"{said}; from {low:.2f} to {high:.2f} it is unsure.",
        f"{said_zh}；{low:.2f} 至 {high:.2f} 之间不作判断。",
    )


def _unsure(case: Case, clock: Clock, reason: str, reason_zh: str) -> Verdict:
    return Verdict(
        event_id=case.event.id,
        ruling=Ruling.UNSURE,
        likelihood=0.5,
        reason=reason,
        reason_zh=reason_zh,
        judge="head",
        time_s=clock.now_s(),
        seconds={"total": 0.0},
    )
