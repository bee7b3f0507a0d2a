"""What every test may use."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from vigil.pipeline.durable import Durable
from vigil.store.database import Database
from vigil.testing.postgres import PostgresServer, find_postgres

if TYPE_CHECKING:
    from tests.stages.sense.clip_models import Exported

DATA = Path(
    os.environ.get("VIGIL_TEST_DATA", Path(__file__).resolve().parents[2] / "shared" / "data")
)

# Tests run side by side: threads that wait for one another in each of them would only spin.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes is the machine's affair: timings live in benchmarks.
settings.register_profile("vigil", deadline=None)
settings.load_profile("vigil")


@pytest.fixture(scope="session")
def data() -> Callable[[str], Path]:
    """Path of a file of real footage; skips the test, with the reason, where it is absent."""

    def path(name: str) -> Path:
        found = DATA / name
        if not found.exists():
            pytest.skip(f"real footage {name} is not in {DATA}")
        return found

    return path


@pytest.fixture(scope="session")
def acts(tmp_path_factory: pytest.TempPathFactory) -> "Exported":
    """A small network of clips and its two files; whoever changes a file copies it first."""
    from tests.stages.sense.clip_models import exported  # noqa: PLC0415  torch takes seconds

    return exported(tmp_path_factory.mktemp("acts"))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test has a state folder of its own."""
    folder = tmp_path / "home"
    monkeypatch.setenv("VIGIL_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Makes databases of a real server, with all tables; skips where none is installed."""
    programs = find_postgres()
    if programs is None:
        reason = "PostgreSQL is not installed; on Debian: apt-get install postgresql"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with PostgresServer(programs) as server:
        template = server.new_database()
        # What takes seconds is done once; the databases of tests are copies.
        database = Database(template)
        durable = Durable(database)
        durable.prepare()
        durable.close()
        database.close()
        name = template.partition("@/")[2].partition("?")[0]
        yield lambda: server.new_database(template=name)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where a database is, or is to be; the test runs on each kind."""
    if request.param == "sqlite":
        return tmp_path / "events.db"
    make: Callable[[], str] = request.getfixturevalue("postgres")
    return make()
