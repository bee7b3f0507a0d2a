"""Several judges, and what they say together."""

import asyncio
import math
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field

from vigil.config.parts import AnyVerifier
from vigil.core import BrainError, Case, Clock, Ruling, SystemClock, Verdict, part
from vigil.stages.verify.bands import Band

SUREST = 0.99
"""Nobody's word weighs more than this likelihood, however sure they say they are."""


@part
class Vote:
    """Asks all `judges` at once.

    `by: majority` follows the ruling that more than half of those who rule agree on, weighted;
    a tie, or nobody who rules, is unsure. `by: odds` adds up the judges' log-odds, weighted, as
    if they had looked independently, and is unsure within `band`. `weights`: one for each judge;
    none: all alike. Judges whose large model fails are left out; when all fail, the first
    error leaves.
    """

    judges: Annotated[tuple[AnyVerifier, ...], Field(min_length=1)]
    by: Literal["majority", "odds"] = "majority"
    weights: tuple[Annotated[float, Field(gt=0, allow_inf_nan=False)], ...] = ()
    band: tuple[float, float] = (0.2, 0.8)

    def __post_init__(self) -> None:
        if self.weights and len(self.weights) != len(self.judges):
            raise ValueError(
                f"weights: found {len(self.weights)}; allowed: one for each of "
                f"{len(self.judges)} judges"
            )
        self._band = Band(low=self.band[0], high=self.band[1])
        self.clock: Clock = SystemClock()

    async def verify(self, case: Case) -> Verdict:
        """As `Verifier`."""
        began_s = self.clock.monotonic_s()
        said = await asyncio.gather(
            *(judge.verify(case) for judge in self.judges), return_exceptions=True
        )
        weights = self.weights or (1.0,) * len(self.judges)
        heard: list[tuple[Verdict, float]] = []
        failed: list[BrainError] = []
        for one, weight in zip(said, weights, strict=True):
            if isinstance(one, BrainError):
                failed.append(one)
            elif isinstance(one, BaseException):
                raise one
            else:
                heard.append((one, weight))
        if not heard:
            raise failed[0]
        return self._together(case, heard, self.clock.monotonic_s() - began_s)

    async def close(self) -> None:
        for judge in self.judges:
            await judge.close()

    def _together(
        self, case: Case, heard: Sequence[tuple[Verdict, float]], took_s: float
    ) -> Verdict:
        ruling, likelihood = _majority(heard) if self.by == "majority" else _odds(heard, self._band)
        verdicts = [verdict for verdict, _ in heard]
        agreeing = [verdict for verdict in verdicts if verdict.ruling is ruling] or verdicts
        return Verdict(
            event_id=case.event.id,
            ruling=ruling,
            likelihood=likelihood,
            reason=f"{_tally(verdicts)}: {agreeing[0].reason}",
            reason_zh=f"{_tally_zh(verdicts)}：{agreeing[0].reason_zh or agreeing[0].reason}",
            answers={
                f"{number}.{key}": answer
                for number, verdict in enumerate(verdicts, 1)
                for key, answer in verdict.answers.items()
            },
            judge="vote(" + ", ".join(verdict.judge for verdict in verdicts) + ")",
            prompt=" ".join(dict.fromkeys(v.prompt for v in verdicts if v.prompt)),
            time_s=self.clock.now_s(),
            seconds={"total": took_s},
            calls=sum(verdict.calls for verdict in verdicts),
            tokens_in=sum(verdict.tokens_in for verdict in verdicts),
            tokens_out=sum(verdict.tokens_out for verdict in verdicts),
        )


def _majority(heard: Sequence[tuple[Verdict, float]]) -> tuple[Ruling, float]:
    """The ruling with more than half of the weight of all who rule, and the mean likelihood."""
    total = sum(weight for _, weight in heard)
    likelihood = sum(verdict.likelihood * weight for verdict, weight in heard) / total
    votes = {
        ruling: sum(weight for verdict, weight in heard if verdict.ruling is ruling)
        for ruling in (Ruling.CONFIRMED, Ruling.REJECTED)
    }
    most = max(votes, key=lambda ruling: votes[ruling])
    cast = sum(votes.values())
    return (most if votes[most] > cast / 2 else Ruling.UNSURE), likelihood


def _odds(heard: Sequence[tuple[Verdict, float]], band: Band) -> tuple[Ruling, float]:
    """Bayes' rule for judges who look independently and believe both outcomes alike likely."""
    total = sum(weight * _log_odds(verdict.likelihood) for verdict, weight in heard)
    likelihood = 1.0 / (1.0 + math.exp(-total))
    return band.ruling(likelihood), likelihood


def _log_odds(likelihood: float) -> float:
    kept = min(max(likelihood, 1.0 - SUREST), SUREST)
    return math.log(kept / (1.0 - kept))


def _tally(verdicts: Sequence[Verdict]) -> str:
    counts = {ruling: sum(v.ruling is ruling for v in verdicts) for ruling in Ruling}
    said = [f"{count} {ruling.value}" for ruling, count in counts.items() if count]
    return f"{', '.join(said)} of {len(verdicts)} judges"


def _tally_zh(verdicts: Sequence[Verdict]) -> str:
    words = {Ruling.CONFIRMED: "确认", Ruling.REJECTED: "否定", Ruling.UNSURE: "不确定"}
    counts = {ruling: sum(v.ruling is ruling for v in verdicts) for ruling in Ruling}
    said = [f"{count} 个{words[ruling]}" for ruling, count in counts.items() if count]
    return f"{len(verdicts)} 个评判中{'、'.join(said)}"
