"""The command, called as the shell calls it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from vigil import cli
from vigil.testing.films import write_tiny_film

COMMAND = [sys.executable, "-c", "from vigil.cli import main; main()"]


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def failure(self) -> str:
        """The one line that tells of a user's mistake."""
        (line,) = self.err.splitlines()
        assert self.code == 2
        assert self.out == ""
        assert line.startswith("vigil: ")
        return line.removeprefix("vigil: ")


Vigil = Callable[..., Answer]


@pytest.fixture
def vigil(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Vigil]:
    """Run `vigil …` in this process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def call(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["vigil", *map(str, arguments)])
        capsys.readouterr()
        try:
            cli.main()
            code: object = 0
        except SystemExit as end:
            code = end.code or 0
        said = capsys.readouterr()
        return Answer(int(str(code)), said.out, said.err)

    yield call
    structlog.reset_defaults()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def start(home: Path) -> Iterator[Callable[..., "subprocess.Popen[str]"]]:
    """Start `vigil …` as a process; it is killed when the test is over."""
    started: list[subprocess.Popen[str]] = []

    def begin(
        *arguments: object, environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUTF8": "1", **(environment or {})},
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight seconds in which a block walks across, under a Chinese name."""
    folder = tmp_path_factory.mktemp("录像 films")
    return write_tiny_film(folder / "大门 1.mp4", 8, [(2, 5)])


@pytest.fixture
def until() -> Callable[..., object]:
    """Wait until something is true, and return it."""

    def wait(what: Callable[[], object], *, within_s: float = 30.0) -> object:
        deadline_s = time.monotonic() + within_s
        while time.monotonic() < deadline_s:
            if found := what():
                return found
            time.sleep(0.05)
        raise AssertionError(f"not within {within_s} s")

    return wait
