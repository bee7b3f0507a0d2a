"""Budgets in the database, when several ask at once."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from vigil.core import BudgetSpent
from vigil.store import Account, BudgetStore, Limit, Limits, Spent
from vigil.store.budget_store import charge, check
from vigil.store.database import Database

ASKED, ALLOWED = 24, 5
ACCOUNT = Account(site="mine", day="2026-11-21", source="gate", algorithm="yard")
LIMITS = Limits(source=Limit(calls=ALLOWED))


def test_who_ask_at_once_cannot_overspend(place: str | Path) -> None:
    database = Database(place, busy_s=30)
    database.open()

    def ask(_number: int) -> bool:
        try:
            with database.writing() as connection:
                check(connection, ACCOUNT, LIMITS, tokens=10)
                charge(connection, ACCOUNT, calls=1, tokens=10)
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(8) as threads:
        allowed = list(threads.map(ask, range(ASKED)))

    assert sum(allowed) == ALLOWED
    spent = BudgetStore(database).spent(site="mine", day="2026-11-21")
    assert spent == {("gate", "yard"): Spent(calls=ALLOWED, tokens=10 * ALLOWED)}
    by_day = BudgetStore(database).spent_on("yard")
    assert by_day == {("2026-11-21", "gate"): Spent(calls=ALLOWED, tokens=10 * ALLOWED)}
    assert BudgetStore(database).spent_on("gate") == {}
    database.close()
