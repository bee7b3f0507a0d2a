"""Clips of actions: one word a clip, and lists that split them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from vigil.core import DataError, Label, Labelled
from vigil.data.formats.parts import VIDEOS, Files, as_folder, files_below, medium_at


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip of a list."""

    path: str
    """Relative to the data set."""
    word: str
    split: str


def read_clips(folder: Path, clips: Iterable[Clip]) -> Iterator[Labelled]:
    """Each clip with its word."""
    for clip in clips:
        file = folder / clip.path
        if not file.is_file():
            raise DataError(f"{file}: a list names it, but it is not there")
        yield Labelled(
            medium=medium_at(folder, file, group=group_of(file.stem)),
            labels=(Label(word=clip.word),),
            split=clip.split,
        )


def group_of(stem: str) -> str:
    """The video from which a clip was cut: UCF101's `v_Word_g01_c02` belongs to `v_Word_g01`."""
    head, _, tail = stem.rpartition("_c")
    return head if head and tail.isdigit() else ""


def clips_below(folder: Path, words: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """The word and file of each clip in folders named by words."""
    for word in words:
        if (folder / word).is_dir():
            for file in files_below(folder / word, VIDEOS):
                yield word, file


def written(folder: Path, things: Iterable[Labelled], files: Files) -> Iterator[Clip]:
    """Bring each clip to `WORD/name`, and say where it went."""
    for thing in things:
        whole = [label for label in thing.labels if label.shape is None]
        if not thing.medium.is_video or not whole:
            continue
        word = as_folder(max(whole, key=lambda label: label.origin.labeler.rank).word)
        path = f"{word}/{thing.medium.path.removeprefix(f'{word}/').replace('/', '_')}"
        files.bring(thing.medium, folder / path)
        yield Clip(path=path, word=word, split=thing.split)
