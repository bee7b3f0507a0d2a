"""What large models may cost a day, by the site's clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from vigil.config.decide import Budgets, DayBudget
from vigil.config.schedule import zone_of
from vigil.core import Clock, Event, SystemClock
from vigil.store import Account, BudgetStore, Limit, Limits, Spent, algorithm_of

TOKENS_A_CALL = 1600
"""Reserved before a call: pictures (800), the question, the answer (400), and some to spare."""


@dataclass(frozen=True, kw_only=True)
class Budget:
    """Limits by camera, algorithm and site, counted in a database, so that restarts change nothing.

    A day begins at midnight of `time_zone`. What is to be spent is reserved before and settled
    afterwards: after a crash in between the reservation counts as spent until the day is over.
    """

    store: BudgetStore
    limits: Limits
    time_zone: str = "local"
    site_of: Callable[[str], str] = lambda _camera: "site"
    """The site of a camera, by the camera's name."""
    tokens_a_call: int = TOKENS_A_CALL
    clock: Clock = field(default_factory=SystemClock)

    def account(self, event: Event) -> Account:
        """Who is charged for a call that is made now."""
        return Account(
            site=self.site_of(event.source),
            day=self.day,
            source=event.source,
            algorithm=algorithm_of(event),
        )

    @property
    def day(self) -> str:
        """Today, as `2026-01-31`."""
        now = datetime.fromtimestamp(self.clock.now_s(), UTC)
        return now.astimezone(zone_of(self.time_zone)).date().isoformat()

    def check(self, event: Event) -> None:
        """Raises BudgetSpent when no call about the event is allowed today."""
        self.store.check(self.account(event), self.limits, tokens=self.tokens_a_call)

    def spent(self, site: str) -> Mapping[tuple[str, str], Spent]:
        """What today cost a site so far, by camera and algorithm."""
        return self.store.spent(site=site, day=self.day)


def limits_of(budget: Budgets) -> Limits:
    """What the file says about spending, as the store understands it."""

    def limit(day: DayBudget) -> Limit:
        return Limit(calls=day.calls_per_day, tokens=day.tokens_per_day)

    return Limits(source=limit(budget), algorithm=limit(budget.algorithm), site=limit(budget.site))
