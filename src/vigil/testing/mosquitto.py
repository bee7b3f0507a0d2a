"""A real MQTT broker on loopback (Debian package `mosquitto`), which can be killed."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from vigil.testing.certificates import Certificate

HOST = "127.0.0.1"
SETTINGS = """\
listener {port} {host}
allow_anonymous {anonymous}
{more}
persistence true
persistence_location {folder}/
autosave_interval 0
queue_qos0_messages true
log_dest file {folder}/log
"""


def find_mosquitto() -> str | None:
    """The broker's program; None where it is not installed."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class Mosquitto:
    """Keeps its port, and what it saved, when it is killed and started again."""

    def __init__(
        self,
        folder: Path,
        *,
        user: str = "",
        password: str = "",
        certificate: Certificate | None = None,
    ) -> None:
        """`certificate`: it speaks TLS only; `user`: it asks for a password."""
        self.port = free_port()
        self._folder = folder
        self._user, self._password = user, password
        self._certificate = certificate
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Listen; back when it takes connections."""
        program = find_mosquitto()
        if program is None:
            raise RuntimeError("mosquitto is not installed")
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = self._folder / "mosquitto.conf"
        settings.write_text(
            SETTINGS.format(
                port=self.port,
                host=HOST,
                folder=self._folder,
                anonymous="false" if self._user else "true",
                more="\n".join(self._more()),
            )
        )
        self._process = subprocess.Popen(  # noqa: S603 - our own arguments
            [program, "-c", str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_until_it_listens()

    def save(self) -> None:
        """Have sessions, subscriptions and retained messages on the disk."""
        assert self._process is not None
        saved = self._folder / "mosquitto.db"
        before = saved.stat().st_mtime_ns if saved.exists() else 0
        self._process.send_signal(signal.SIGUSR1)
        _until(lambda: saved.exists() and saved.stat().st_mtime_ns != before)

    def kill(self) -> None:
        """As a power cut: no goodbye, nothing saved."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()

    def _more(self) -> list[str]:
        # As root it would become another user, who may not read a test's folder.
        lines = ["user root"] if os.geteuid() == 0 else []
        if self._user:
            file = self._folder / "passwords"
            command = ["mosquitto_passwd", "-b", "-c", str(file), self._user, self._password]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own
            lines.append(f"password_file {file}")
        if self._certificate is not None:
            lines.append(f"certfile {self._certificate.certificate}")
            lines.append(f"keyfile {self._certificate.key}")
        return lines

    def _wait_until_it_listens(self) -> None:
        def listens() -> bool:
            assert self._process is not None
            if self._process.poll() is not None:
                raise RuntimeError(f"mosquitto ended with {self._process.returncode}")
            with socket.socket() as probe:
                return probe.connect_ex((HOST, self.port)) == 0

        _until(listens)


def _until(what: Callable[[], bool], *, within_s: float = 20.0) -> None:
    deadline_s = time.monotonic() + within_s
    while not what():
        if time.monotonic() > deadline_s:
            raise RuntimeError(f"not within {within_s:g} s")
        time.sleep(0.02)


def free_port() -> int:
    """A port on loopback that nobody listens to now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
