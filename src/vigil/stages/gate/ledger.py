"""The recall ledger: the gate's misses, counted by looking again at what it let pass.

A closed stretch (one group of pictures that the gate found not worth a detector) is audited now
and then: decoded from the ring and looked at as if the gate had opened. Stretches near the gate's
threshold are audited more often; each counts with the inverse of its probability (Horvitz and
Thompson 1952), so the estimate stays unbiased. The bound is exact for a binomial (Clopper and
Pearson 1934) at the effective number of audits (Kish 1965).
"""

import random
from dataclasses import dataclass

from scipy.special import betaincinv

from vigil.core import part


def upper_bound(misses: float, audits: float, *, confidence: float = 0.95) -> float:
    """Largest miss rate that `misses` of `audits` do not rule out; 1.0 without audits."""
    if audits <= 0 or misses >= audits:
        return 1.0
    return float(betaincinv(misses + 1, audits - misses, confidence))


def lower_bound(misses: float, audits: float, *, confidence: float = 0.95) -> float:
    """Smallest miss rate that `misses` of `audits` do not rule out; 0.0 without misses."""
    if audits <= 0 or misses <= 0:
        return 0.0
    return float(betaincinv(misses, audits - misses + 1, 1 - confidence))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the audits of one camera, or of a site, have shown."""

    stretches: int = 0
    """Closed stretches seen."""
    audits: int = 0
    misses: int = 0
    """Audits that found a wanted thing."""
    weight: float = 0.0
    """Sum of inverse probabilities: how many stretches the audits stand for."""
    weight_squared: float = 0.0
    missed_weight: float = 0.0

    def __add__(self, other: "Tally") -> "Tally":
        """Pool two tallies."""
        return Tally(
            stretches=self.stretches + other.stretches,
            audits=self.audits + other.audits,
            misses=self.misses + other.misses,
            weight=self.weight + other.weight,
            weight_squared=self.weight_squared + other.weight_squared,
            missed_weight=self.missed_weight + other.missed_weight,
        )

    @property
    def miss_rate(self) -> float:
        """Fraction of closed stretches that held a wanted thing; 0 before the first audit."""
        return self.missed_weight / self.weight if self.weight else 0.0

    @property
    def effective(self) -> float:
        """Audits that equal weights would have needed for the same certainty."""
        return self.weight**2 / self.weight_squared if self.weight_squared else 0.0

    @property
    def at_most(self) -> float:
        """Upper 95 % bound of the miss rate."""
        return upper_bound(self.miss_rate * self.effective, self.effective)

    @property
    def at_least(self) -> float:
        """Lower 95 % bound of the miss rate."""
        return lower_bound(self.miss_rate * self.effective, self.effective)


@part
class RecallLedger:
    """Chooses the stretches of one camera to audit, and keeps the score.

    Audits may cost `share` of what the camera costs anyway; the purse fills with every second of
    processor time spent on the camera and each audit is paid from it. When the lower bound of the
    miss rate passes `allowed`, the camera no longer `trusts` its gate.
    """

    share: float = 0.05
    allowed: float = 0.02
    near_weight: float = 4.0
    """How much likelier a stretch just under the threshold is audited than a quiet one."""
    seed: int | None = None

    def __post_init__(self) -> None:
        self.tally = Tally()
        self._random = random.Random(self.seed)  # noqa: S311  a draw, not a secret
        self._purse_s = 0.0
        self._audit_cost_s = 0.0
        self._earned_s = 0.0
        self._wanted = 0.0

    def earn(self, cpu_s: float) -> None:
        """The camera cost `cpu_s` of processor time apart from audits."""
        self._purse_s += cpu_s * self.share
        self._earned_s += cpu_s * self.share

    def choose(self, nearness: float) -> float | None:
        """Draw one closed stretch: the probability it was audited with, or None to let it go.

        `nearness`: the stretch's largest gate score over the threshold, 0 to 1.
        """
        self.tally += Tally(stretches=1)
        weight = 1.0 + (self.near_weight - 1.0) * min(max(nearness, 0.0), 1.0)
        self._wanted += weight
        if self._purse_s < self._audit_cost_s or self._purse_s <= 0:
            # Counted as seen and not audited: what is not affordable is not chosen by its content.
            return None
        probability = min(1.0, weight * self._rate())
        return probability if self._random.random() < probability else None

    def paid(self, cpu_s: float) -> None:
        """An audit cost `cpu_s`."""
        self._purse_s -= cpu_s
        self._audit_cost_s = (
            cpu_s if not self._audit_cost_s else 0.8 * self._audit_cost_s + 0.2 * cpu_s
        )

    def enter(self, *, probability: float, missed: bool) -> None:
        """Write down an audit that had been drawn with `probability`."""
        weight = 1 / probability
        self.tally += Tally(
            audits=1,
            misses=int(missed),
            weight=weight,
            weight_squared=weight * weight,
            missed_weight=weight if missed else 0.0,
        )

    @property
    def trusts(self) -> bool:
        """False once the gate is known to miss more than allowed."""
        return self.tally.misses < 2 or self.tally.at_least <= self.allowed

    def _rate(self) -> float:
        # What the purse can pay for, spread over the stretches that come meanwhile.
        if not self._audit_cost_s:
            return 1.0
        return max(1e-3, self._earned_s / self._audit_cost_s / self._wanted)
