"""Networks of clips: what they cost, and what they find.

    python -m benchmarks video [--only cost …] [options of the part]

Each part stands in a file of its own, `benchmarks/video_PART.py`, and writes its figures into
`benchmarks/results/video.json` beside those of the others.
"""

import argparse
import importlib
import sys
from pathlib import Path

PARTS = sorted(
    path.stem.removeprefix("video_") for path in Path(__file__).parent.glob("video_*.py")
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks video", add_help=False)
    parser.add_argument("--only", choices=PARTS, nargs="*", default=PARTS)
    chosen, rest = parser.parse_known_args()
    result = 0
    for part in chosen.only:
        sys.argv = [f"benchmarks video --only {part}", *rest]
        result = importlib.import_module(f"benchmarks.video_{part}").main() or result
    return result
