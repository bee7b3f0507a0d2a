"""What large models cost: who is charged, how much a day allows, and what was spent."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update

from vigil.core import BudgetSpent, Event
from vigil.store.database import Database
from vigil.store.exclusive import hold
from vigil.store.schema import brain_spend

ONE_AT_A_TIME = 0x5649_4749_4C42
"""Who checks a budget and charges it holds this until it is written."""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """The most that may be spent in a day; None: as much as is wanted."""

    calls: int | None = None
    tokens: int | None = None

    @property
    def is_none(self) -> bool:
        """Whether it limits nothing."""
        return self.calls is None and self.tokens is None


@dataclass(frozen=True, kw_only=True)
class Account:
    """Whom spending is charged to: a camera, an algorithm and a site, on one local day."""

    site: str
    day: str
    """`2026-01-31`, by the site's clock."""
    source: str
    algorithm: str


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What may be spent a day."""

    source: Limit = Limit()
    """On each camera."""
    algorithm: Limit = Limit()
    """On each algorithm, on all cameras of a site."""
    site: Limit = Limit()


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What was spent on something, what is reserved included."""

    calls: int = 0
    tokens: int = 0


def algorithm_of(event: Event) -> str:
    """What spending is charged to: the user's own noun, or the rule where there is none."""
    return event.algorithm or event.rule


class BudgetStore:
    """What was spent, in the database of events. Raises as `Database` does."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def check(self, account: Account, limits: Limits, *, tokens: int) -> None:
        """Raises BudgetSpent when one more call of so many tokens is not allowed."""
        with self.database.reading() as connection:
            check(connection, account, limits, tokens=tokens)

    def spent(self, *, site: str, day: str) -> Mapping[tuple[str, str], Spent]:
        """What a local day cost a site, by camera and algorithm."""
        query = select(brain_spend).where(brain_spend.c.site == site, brain_spend.c.day == day)
        with self.database.reading() as connection:
            return {
                (row.source, row.algorithm): Spent(calls=row.calls, tokens=row.tokens)
                for row in connection.execute(query)
            }

    def spent_on(self, algorithm: str) -> Mapping[tuple[str, str], Spent]:
        """What an algorithm has cost on all sites, by local day and camera, in this order."""
        query = (
            select(brain_spend)
            .where(brain_spend.c.algorithm == algorithm)
            .order_by(brain_spend.c.day, brain_spend.c.source)
        )
        with self.database.reading() as connection:
            return {
                (row.day, row.source): Spent(calls=row.calls, tokens=row.tokens)
                for row in connection.execute(query)
            }


def check(connection: Connection, account: Account, limits: Limits, *, tokens: int) -> None:
    """Raises BudgetSpent when one more call of so many tokens would be too much."""
    hold(connection, ONE_AT_A_TIME)
    of_day = (brain_spend.c.site == account.site, brain_spend.c.day == account.day)
    scopes = {
        f"camera {account.source}": (limits.source, brain_spend.c.source == account.source),
        f"algorithm {account.algorithm}": (
            limits.algorithm,
            brain_spend.c.algorithm == account.algorithm,
        ),
        f"site {account.site}": (limits.site, brain_spend.c.site == account.site),
    }
    for name, (limit, condition) in scopes.items():
        if limit.is_none:
            continue
        total = select(
            func.coalesce(func.sum(brain_spend.c.calls), 0).label("calls"),
            func.coalesce(func.sum(brain_spend.c.tokens), 0).label("tokens"),
        )
        row = connection.execute(total.where(*of_day, condition)).one()
        if limit.calls is not None and row.calls + 1 > limit.calls:
            raise BudgetSpent(f"{name}: {row.calls} of {limit.calls} calls spent on {account.day}")
        if limit.tokens is not None and row.tokens + tokens > limit.tokens:
            raise BudgetSpent(
                f"{name}: {row.tokens} of {limit.tokens} tokens spent on {account.day}"
            )


def charge(connection: Connection, account: Account, *, calls: int, tokens: int) -> None:
    """Add to what was spent; what is negative gives back. Whoever checks before, does so alone."""
    hold(connection, ONE_AT_A_TIME)
    row = {
        "site": account.site,
        "day": account.day,
        "source": account.source,
        "algorithm": account.algorithm,
    }
    same = [brain_spend.c[name] == value for name, value in row.items()]
    more = {"calls": brain_spend.c.calls + calls, "tokens": brain_spend.c.tokens + tokens}
    if not connection.execute(update(brain_spend).where(*same).values(more)).rowcount:
        connection.execute(insert(brain_spend).values(**row, calls=calls, tokens=tokens))
