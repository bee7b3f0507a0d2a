"""A process that is ready before its first picture."""

import subprocess
import sys

PROBE = """
import sys, cv2
from vigil.pipeline.settle import settle
cv2.setNumThreads(4)
settle()
print(cv2.getNumThreads(), "scipy.optimize" in sys.modules)
"""


def test_a_worker_has_one_thread_of_opencv_and_nothing_left_to_import() -> None:
    found = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == ["1", "True"]
