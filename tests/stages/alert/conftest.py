"""Receivers on loopback."""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from vigil.core import Alert, Alerter
from vigil.testing.certificates import Certificate, find_openssl, make_certificate
from vigil.testing.http_receiver import HttpReceiver
from vigil.testing.mosquitto import Mosquitto, find_mosquitto


@pytest.fixture
def receiver() -> Iterator[HttpReceiver]:
    with HttpReceiver() as made:
        yield made


@pytest.fixture
def send() -> Callable[..., list[str]]:
    """Send alerts as a lane does; returns the receipts."""

    def sent(alerter: Alerter, *alerts: Alert) -> list[str]:
        async def all_of_them() -> list[str]:
            try:
                return [await alerter.send(alert) for alert in alerts]
            finally:
                await alerter.close()

        return asyncio.run(all_of_them())

    return sent


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    missing(find_mosquitto(), "mosquitto")
    with Mosquitto(tmp_path / "broker") as made:
        yield made


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    missing(find_openssl(), "openssl")
    return make_certificate(tmp_path_factory.mktemp("certificate"))


def missing(program: str | None, name: str) -> None:
    """Skip without it; where such tests must run, fail."""
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"{name} is not installed")
