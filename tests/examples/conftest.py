"""Examples are run by the command itself."""

from tests.cli.conftest import vigil

__all__ = ["vigil"]
