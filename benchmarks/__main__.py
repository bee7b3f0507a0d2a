"""`python -m benchmarks NAME [options]`: run one benchmark; without a name, list them."""

import importlib
import sys
from pathlib import Path


def main() -> int:
    names = sorted(
        path.stem
        for path in Path(__file__).parent.glob("*.py")
        if not path.stem.startswith(("_", "video_"))
        # What benchmarks share has no main of its own.
        and "\ndef main(" in path.read_text(encoding="utf-8")
    )
    if len(sys.argv) < 2 or sys.argv[1] not in names:
        print("usage: python -m benchmarks NAME; NAME is one of:", ", ".join(names))
        return 2
    name = sys.argv.pop(1)
    result: int | None = importlib.import_module(f"benchmarks.{name}").main()
    return result or 0


sys.exit(main())
