"""A judge without a large model: what is there, does it stay, does it move like something?"""

from typing import Annotated

from pydantic import Field

from vigil.config.parts import AnyDetector
from vigil.core import Case, Clock, Ruling, Rung, SystemClock, Verdict, part
from vigil.stages.verify.bands import Band
from vigil.stages.verify.evidence import Evidence, doubted, evidence, heeding, score_for
from vigil.stages.verify.flame_look import PLUME_KINDS, plume_verdict
from vigil.stages.verify.head import Heads
from vigil.stages.verify.health import health_verdict, view_verdict
from vigil.stages.verify.heard import unseen_verdict
from vigil.stages.verify.looking import Looker
from vigil.stages.verify.meaning import COUNTING_KINDS, family_of, kind_of, wanted
from vigil.stages.verify.pool import Pool, Stop
from vigil.stages.verify.reasons import words
from vigil.stages.verify.scoring import Score

Likelihood = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


@part
class SecondLook:
    """Rules on an event by its clip alone, in a fraction of a second, on any machine.

    What differs from the place as it was is followed and measured; with a `detector`, it is also
    looked at again at about twice the watch's resolution. A few interpretable features go into a
    fitted logistic score. What the detector finds at most moments is confirmed, and what it finds
    clearly at any of them is never rejected. Ruling on too little evidence is left to somebody
    else: unsure.

    `detector`: a model of the registry by its name, or a detector's settings; None: pixels only.
    `looks`: pictures that it sees, at most. `picture_px`: width of the picture that it sees a part
    of. `reject_below`, `confirm_above`: likelihoods that make a ruling; None: as fitted, so that
    on films of the fit at most 1.5 % of the true events are rejected, as a bound at 90 %.
    `workers`: threads.
    """

    detector: AnyDetector | None = None
    looks: Annotated[int, Field(ge=1)] = 8
    picture_px: Annotated[int, Field(ge=64)] = 832
    reject_below: Likelihood | None = None
    confirm_above: Likelihood | None = None
    workers: Annotated[int, Field(ge=1)] = 1

    def __post_init__(self) -> None:
        if self.detector is not None and self.detector.needs >= Rung.LUMA:
            raise ValueError(
                "detector: one that learns a background cannot look at single pictures; "
                "allowed: a model"
            )
        self.clock: Clock = SystemClock()
        self._pool = Pool(self.workers, "second-look")
        self._heads = Heads()
        self._looker = None if self.detector is None else Looker(self.detector)

    async def verify(self, case: Case) -> Verdict:
        """As `Verifier`. Events of the camera itself are confirmed by its health alone.

        Those of a user's own algorithm are left to its head.
        """
        if case.subject is not None:
            return await self._pool.run(lambda stop: self._heads.verdict(case, stop, self.clock))
        if family_of(case) == "camera":
            return health_verdict(case, self.clock)
        if family_of(case) == "view":
            return view_verdict(case, self.clock)
        if family_of(case) == "heard":
            return unseen_verdict(case, self.clock)
        if (kind := kind_of(case)) in PLUME_KINDS:
            return await self._pool.run(lambda stop: plume_verdict(case, stop, self.clock, kind))
        return await self._pool.run(lambda stop: self._judge(case, stop))

    async def close(self) -> None:
        self._pool.close()

    def _judge(self, case: Case, stop: Stop) -> Verdict:
        began_s = self.clock.monotonic_s()
        seen = self._see(case, stop)
        score = score_for(seen)
        likelihood = score.likelihood(seen.features)
        tells = seen.tells and kind_of(case) not in COUNTING_KINDS
        ruling = self._band(score).ruling(likelihood) if tells else Ruling.UNSURE
        if tells:
            persists = seen.persists and self.confirm_above is None
            ruling = heeding(ruling, proven=seen.proven, persists=persists, doubted=doubted(seen))
        reason, reason_zh = words(ruling, score.parts(seen.features), seen.finds, seen.what)
        took_s = self.clock.monotonic_s() - began_s
        return Verdict(
            event_id=case.event.id,
            ruling=ruling,
            likelihood=likelihood,
            reason=reason,
            reason_zh=reason_zh,
            judge=f"second_look@{score.version}{seen.by}",
            time_s=self.clock.now_s(),
            seconds={"frames": seen.frames_s, "model": took_s - seen.frames_s, "total": took_s},
        )

    def _see(self, case: Case, stop: Stop) -> Evidence:
        looker = self._looker if self._looker and self._looker.knows(wanted(case)) else None
        return evidence(
            case, stop, looker, looks=self.looks, picture_px=self.picture_px, clock=self.clock
        )

    def _band(self, score: Score) -> Band:
        low = score.band.low if self.reject_below is None else self.reject_below
        high = score.band.high if self.confirm_above is None else self.confirm_above
        # One end may have been moved beyond the fitted other end.
        return Band(low=min(low, high), high=max(low, high))
