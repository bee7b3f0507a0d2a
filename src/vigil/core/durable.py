"""Write so that a power cut leaves the old or the new, never a half."""

import os
from pathlib import Path


def write_durably(path: Path, content: bytes) -> None:
    """Write beside, sync, rename over `path`, sync the folder. Raises OSError."""
    beside = path.with_name(f".{path.name}-{os.getpid()}")
    beside.write_bytes(content)
    put_in_place(beside, path)


def put_in_place(written: Path, final: Path) -> None:
    """Sync a written file, rename it over `final`, sync the folder. Raises OSError."""
    sync(written)
    written.replace(final)
    sync(final.parent)


def sync(path: Path) -> None:
    """Have a file's bytes, or a folder's names, on the disk before going on. Raises OSError."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
