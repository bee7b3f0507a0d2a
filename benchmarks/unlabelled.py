"""Clips that nobody labelled, cut from the films of the data folder, and networks that saw them."""

import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.footage import DATA
from benchmarks.report import Report
from vigil.core import SourceError
from vigil.media.films import picture_times
from vigil.media.sampling import Span
from vigil.train.video.clips import VideoClip
from vigil.train.video.keeping import WEIGHTS
from vigil.train.video.learning import Heard
from vigil.train.video.presets import PRETRAINED
from vigil.train.video.pretraining import pretrain
from vigil.train.video.settings import PretrainSettings

FOLDERS = ("videos", "tracking", "action/up_fall", "action/mmaction2")
"""Neither the fights, nor URFD, whose pictures stand beside their depths."""
MOST = 24
"""Stretches of one film."""


def films() -> list[Path]:
    """Those of the data folder, fights left out."""
    found = [
        each
        for folder in FOLDERS
        for each in sorted((DATA / folder).glob("*"))
        if each.suffix in (".mp4", ".avi")
    ]
    return [*found, DATA / "action" / "flipping_a_pancake.mkv"]


def stretches(paths: Iterable[Path], seconds: float) -> Iterator[VideoClip]:
    """Parts of films, as long as said, spread evenly over each; what is shorter is left out."""
    for path in paths:
        try:
            span = Span.of(picture_times(path))
        except SourceError:
            continue
        count = int(span.seconds / seconds)
        for number in range(0, count, max(1, -(-count // MOST))):
            start_s = span.start_s + number * seconds
            yield VideoClip(
                path=path, start_s=start_s, end_s=start_s + seconds, group=path.stem
            )  # fmt: skip


def pretrained(report: Report, settings: PretrainSettings, folder: Path, seconds: float) -> Path:
    """The folder of such weights, which are learnt once and kept; `seconds` of each clip."""
    if not (folder / WEIGHTS).is_file():
        pretrain(
            settings, list(stretches(films(), seconds)), folder, heard=Heard(refused=report.say)
        )
        for checkpoint in folder.glob("checkpoint-*"):
            shutil.rmtree(checkpoint)
    about = json.loads((folder / PRETRAINED).read_text(encoding="utf-8"))
    report.table(
        f"fights: {settings.network} before labels, {settings.by}",
        ("clips", "epochs", "clips of other films", "loss on these"),
        [(about["clips"], settings.epochs, about["judged"], f"{about['loss']:.3f}")],
    )
    return folder
