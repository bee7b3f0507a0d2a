"""Folders of pictures or clips, one for each word: `WORD/…` or `SPLIT/WORD/…`, as ImageNet has it.

Kept: one word of each whole picture or video, splits. Lost: boxes and all else; a picture without
a word is not written; of several words the most believed counts.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from vigil.core import Label, Labelled
from vigil.data.formats.parts import PICTURES, VIDEOS, Files, as_folder, files_below, medium_at

NAME = "imagenet"
SPLITS = ("train", "val", "test", "valid")


def is_here(folder: Path) -> bool:
    """A folder with nothing but folders that have pictures or videos in them."""
    below = [entry for entry in folder.iterdir() if entry.is_dir()] if folder.is_dir() else []
    files = PICTURES | VIDEOS
    return bool(below) and all(next(files_below(each, files), None) is not None for each in below)


def read(folder: Path) -> Iterator[Labelled]:
    """Every file, one at a time."""
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir())
    splits = [name for name in names if name in SPLITS]
    for split in splits or [""]:
        for words in sorted(entry for entry in (folder / split).iterdir() if entry.is_dir()):
            for file in files_below(words, PICTURES | VIDEOS):
                yield Labelled(
                    medium=medium_at(folder, file),
                    labels=(Label(word=words.name),),
                    split="val" if split == "valid" else split,
                )


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """`SPLIT/WORD/file`; names that meet are told apart by their folders."""
    for thing in things:
        whole = [label for label in thing.labels if label.shape is None]
        if not whole:
            continue
        word = max(whole, key=lambda label: label.origin.labeler.rank).word
        name = "_".join(PurePosixPath(_bare(thing, word)).parts)
        files.bring(thing.medium, folder / thing.split / as_folder(word) / name)


def _bare(thing: Labelled, word: str) -> str:
    path = thing.medium.path
    for before in (f"{thing.split}/", f"{word}/"):
        path = path.removeprefix(before)
    return path
