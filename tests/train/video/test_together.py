"""Two processes that learn together."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.train.video.walks import write_walks


@pytest.mark.slow
def test_two_processes_learn_together(tmp_path: Path) -> None:
    walks = write_walks(tmp_path / "walks", 12)
    train = "--name two --frames 4 --side 32 --epochs 2 --batch 4"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    done = subprocess.run(
        [*command, "-m", "vigil", "video", "train", str(walks), *train.split()],
        capture_output=True, text=True, check=False,
        timeout=280,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    # 16 clips in batches of 4, two at once: half as many steps, and one process speaks.
    assert done.stdout.count("16 clips learnt in 4 steps") == 1
    folder = tmp_path / "home" / "training" / "two"
    assert json.loads((folder / "metrics.json").read_text())["clips"] == 4
