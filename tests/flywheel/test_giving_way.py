"""Training beside a watch: one at a time, and only in time that is left."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from vigil.config.home import open_home
from vigil.core import DataError
from vigil.flywheel.giving_way import alone

MEEK = """
import os
from vigil.flywheel.giving_way import give_way
give_way()
print(os.nice(0), os.sched_getscheduler(0))
"""


def test_two_do_not_train_at_once(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    with alone(home), pytest.raises(DataError, match="being trained anew already"), alone(home):
        pass
    with alone(home):
        pass


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="only Linux has SCHED_IDLE")
def test_it_gives_way_to_everybody() -> None:
    """In a process of its own: there is no way back."""
    told = subprocess.run(
        [sys.executable, "-c", MEEK], capture_output=True, text=True, check=True
    ).stdout
    assert told.split() == ["19", str(os.SCHED_IDLE)]
