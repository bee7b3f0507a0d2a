"""What a process that watches does before its first picture."""

import ctypes
import importlib
from contextlib import suppress

import cv2

M_ARENA_MAX = -8
"""Of glibc's malloc.h."""


def settle() -> None:
    """One thread a process: cameras share cores by processes, and never stall on an import."""
    cv2.setNumThreads(1)
    # Each camera's reader is a thread, and each thread would keep free memory of its own.
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 2)
    # Opened by the tracker at its first crowded picture otherwise, which takes half a second.
    importlib.import_module("scipy.optimize")
