"""What a large data set costs: memory and time to take it in, freeze it and write it elsewhere.

    python -m benchmarks data [--pictures 100000]

The pictures are as small as pictures can be, since none is decoded; each has three boxes. Every
command is a process of its own, whose largest resident memory is told.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from multiprocessing import get_context
from pathlib import Path
from random import Random

import cv2
import numpy as np

from benchmarks.report import Report

MOST_MB = 500.0
BOXES = 3
WORDS = ("person", "helmet", "vest", "car")
EXPORTS = ("coco", "yolo", "cvat", "label_studio")


def make(folder: Path, pictures: int) -> None:
    """A COCO data set of that many pictures, from a hundred cameras."""
    done, data = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))
    assert done
    chance = Random(1)
    images, notes = [], []
    (folder / "images").mkdir(parents=True)
    for number in range(pictures):
        name = f"{number:06d}.png"
        # An end of its own makes each file another one.
        (folder / "images" / name).write_bytes(data.tobytes() + number.to_bytes(4))
        images.append(
            {"id": number, "file_name": name, "width": 8, "height": 8, "group": f"c{number % 100}"}
        )
        for _ in range(BOXES):
            x, y = chance.randint(0, 5), chance.randint(0, 5)
            notes.append(
                {"id": len(notes), "image_id": number, "category_id": chance.randint(1, 4),
                 "bbox": [x, y, 2, 2.5], "area": 5, "iscrowd": 0, "labeler": "human"}
            )  # fmt: skip
    words = [{"id": index, "name": word} for index, word in enumerate(WORDS, start=1)]
    sheet = {"images": images, "annotations": notes, "categories": words}
    (folder / "labels.json").write_text(json.dumps(sheet))


def command(home: Path, *words: object) -> tuple[float, float]:
    """Run `vigil data …`; seconds, and megabytes of the largest resident memory."""
    began_s = time.monotonic()
    code = "from vigil.cli import main; main()"
    arguments = [sys.executable, "-c", code, "data", *map(str, words)]
    child = os.posix_spawn(sys.executable, arguments, {**os.environ, "VIGIL_HOME": str(home)})
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"vigil data {' '.join(map(str, words))}: failed")
    return time.monotonic() - began_s, used.ru_maxrss / 1024


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks data", description=__doc__)
    parser.add_argument("--pictures", type=int, default=100_000)
    options = parser.parse_args()
    report = Report("data")
    folder = Path(tempfile.mkdtemp(prefix="vigil-data-"))
    try:
        # A child inherits the largest memory of who starts it: whoever makes the set must be gone.
        maker = get_context("spawn").Process(target=make, args=(folder / "set", options.pictures))
        maker.start()
        maker.join()
        report.say(f"{options.pictures} pictures made")
        home, rows = folder / "home", []
        steps: list[tuple[str, tuple[object, ...]]] = [
            ("import", ("import", "large", folder / "set", "--link")),
            ("import again", ("import", "large", folder / "set", "--link")),
            ("show", ("show", "large")),
            ("freeze", ("freeze", "large")),
        ]
        steps += [
            (f"export {kind}", ("export", "large", folder / kind, "--as", kind, "--link"))
            for kind in EXPORTS
        ]
        for name, words in steps:
            seconds, megabytes = command(home, *words)
            rows.append(
                (name, f"{seconds:.1f}", f"{options.pictures / seconds:.0f}", f"{megabytes:.0f}")
            )
            report.say(f"{name}: {seconds:.1f} s, {megabytes:.0f} MB")
            report.claim(
                f"largest memory of `{name}`, {options.pictures} pictures",
                megabytes, MOST_MB, "MB", better="lower",
            )  # fmt: skip
        report.table("a large data set", ("command", "seconds", "pictures a second", "MB"), rows)
        return report.write()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
