"""Brains on loopback."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from vigil.testing.fake_brain import FakeBrain


@pytest.fixture
def fake() -> Iterator[Callable[..., FakeBrain]]:
    """Start a fake brain; it stops when the test is over."""
    with ExitStack() as stack:
        yield lambda *oracle, **settings: stack.enter_context(FakeBrain(*oracle, **settings))
