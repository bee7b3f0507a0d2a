"""`python -m benchmarks NAME [options]`: run one benchmark; without a name, list them."""

import importlib
import sys
from pathlib import Path

HELPERS = {
    "__init__", "__main__", "above", "boxes", "candidates", "fight_clips", "fight_features",
    "fight_heads", "fight_plot", "footage", "judging", "load", "replay", "report", "rivals",
    "rule_films", "rule_replay", "rule_stories", "sightings", "suspicions", "turn",
    "turn_plot", "turn_site", "unseen",
}  # fmt: skip


def main() -> int:
    names = sorted(
        path.stem
        for path in Path(__file__).parent.glob("*.py")
        if path.stem not in HELPERS and not path.stem.startswith("video_")
    )
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print("usage: python -m benchmarks NAME; NAME is one of:", ", ".join(names))
        return 2
    name = sys.argv.pop(1)
    result: int | None = importlib.import_module(f"benchmarks.{name}").main()
    return result or 0


sys.exit(main())
