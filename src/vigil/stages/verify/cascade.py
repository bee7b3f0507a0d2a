"""A cheap judge first; the dear one only where the cheap one is unsure."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from vigil.config.parts import AnyVerifier
from vigil.core import BrainError, Case, Ruling, Verdict, part
from vigil.stages.verify.bands import Band

Likelihood = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


@part
class Cascade:
    """The verdict of `cheap` where it is sure, and that of `dear` elsewhere, as they gave it.

    `band`: likelihoods, from and to, at which the cheap verdict is unsure: below it is rejected,
    above confirmed; None: as the cheap judge rules itself. `bands.fit_band` finds one for a wanted
    miss rate. Without `dear` the cheap verdict stands.

    Before `dear` is asked, `cheap` looks once more where its clip shows more by then: a second look
    costs less than a question.

    When `dear` fails with a `BrainError`, that error leaves, with the cheap verdict, marked
    unsure, in its `verdict`: whoever decides knows why nobody ruled, and what was seen.
    """

    cheap: AnyVerifier
    dear: AnyVerifier | None = None
    band: tuple[Likelihood, Likelihood] | None = None

    def __post_init__(self) -> None:
        self._band = None if self.band is None else Band(low=self.band[0], high=self.band[1])
        self.longer: Callable[[Case], Awaitable[Case | None]] = _shows_no_more
        """The case with as much to be seen as `dear` waits for; None where it shows no more."""

    async def verify(self, case: Case) -> Verdict:
        """As `Verifier`."""
        cheap = self._banded(await self.cheap.verify(case))
        if cheap.ruling is not Ruling.UNSURE or self.dear is None:
            return cheap
        longer = await self.longer(case)
        if longer is not None:
            case, cheap = longer, self._banded(await self.cheap.verify(longer))
        if cheap.ruling is not Ruling.UNSURE:
            return cheap
        try:
            return await self.dear.verify(case)
        except BrainError as error:
            error.verdict = error.verdict or cheap
            raise

    async def close(self) -> None:
        await self.cheap.close()
        if self.dear is not None:
            await self.dear.close()

    def _banded(self, verdict: Verdict) -> Verdict:
        """The cheap verdict, ruling as the band says."""
        if self._band is None:
            return verdict
        ruling = self._band.ruling(verdict.likelihood)
        return verdict if ruling is verdict.ruling else replace(verdict, ruling=ruling)


async def _shows_no_more(_case: Case) -> Case | None:
    return None
