"""What a process that watches does before its first picture."""

import importlib

import cv2


def settle() -> None:
    """One thread a process: cameras share cores by processes, and never stall on an import."""
    cv2.setNumThreads(1)
    # Opened by the tracker at its first crowded picture otherwise, which takes half a second.
    importlib.import_module("scipy.optimize")
