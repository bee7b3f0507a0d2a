"""One watch for one database server's database, also after the server went and came back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from vigil.core import ConfigError
from vigil.store import claim as module
from vigil.store.claim import Claim
from vigil.store.database import Database

A_MOMENT_S = 20.0
"""A server lets go of what a connection held some time after that is gone."""


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_EVERY_S", 0.0)


@pytest.fixture
def claims(postgres: Callable[[], str]) -> Iterator[tuple[Claim, Claim, Database]]:
    """Of two processes that were pointed to one database."""
    place = postgres()
    databases = [Database(place) for _ in range(3)]
    first, second = (Claim(database) for database in databases[:2])
    yield first, second, databases[2]
    for claim in (first, second):
        claim.close()
    for database in databases:
        database.close()


def cut_off(database: Database) -> None:
    """As when the server restarts: all other connections are gone."""
    query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
    with database.writing() as connection:
        connection.execute(text(f"{query} AND datname = current_database()"))


def test_the_second_is_told_who_is_there_and_no_password(
    claims: tuple[Claim, Claim, Database],
) -> None:
    first, second, _ = claims
    first.hold()
    first.hold()
    with pytest.raises(ConfigError, match="in use by another `vigil run`") as error:
        second.hold()
    assert "database: postgresql+psycopg://" in str(error.value)
    first.close()
    second.hold(wait_s=A_MOMENT_S)
    with pytest.raises(ConfigError):
        first.hold()


def test_a_server_that_was_away_is_claimed_again(claims: tuple[Claim, Claim, Database]) -> None:
    first, second, database = claims
    first.hold()
    cut_off(database)
    first.hold()  # sees that it is gone
    first.hold(wait_s=A_MOMENT_S)
    with pytest.raises(ConfigError):
        second.hold()


def test_who_lost_it_to_another_ends(claims: tuple[Claim, Claim, Database]) -> None:
    first, second, database = claims
    first.hold()
    cut_off(database)
    second.hold(wait_s=A_MOMENT_S)
    first.hold()
    with pytest.raises(ConfigError):
        first.hold()


def test_a_server_that_is_down_keeps_nobody_from_starting() -> None:
    claim = Claim(Database("postgresql://vigil@127.0.0.1:1/vigil?connect_timeout=1"))
    claim.hold()
    claim.close()


def test_a_file_is_guarded_by_its_folder(tmp_path: Path) -> None:
    place = tmp_path / "events.db"
    for claim in (Claim(Database(place)), Claim(Database(place))):
        claim.hold()
    assert not place.exists()
