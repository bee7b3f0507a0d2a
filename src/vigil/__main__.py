"""Where the command `vigil` begins, and `python -m vigil`."""

import importlib


def main() -> None:
    """Run the command.

    Every shard's process imports the script that started it once more: what the command needs,
    such as the database, is therefore imported here and not above.
    """
    importlib.import_module("vigil.cli").main()


if __name__ == "__main__":
    main()
