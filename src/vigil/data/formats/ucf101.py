"""UCF101: `classInd.txt` numbers words from 1; `trainlist01.txt` has them, `testlist01.txt` not.

Soomro, Zamir and Shah, 2012, arXiv:1212.0402. Kept: one word of each clip, `train` and `test` of
the first of the three splits. Lost: all else. Clips may stand in folders of their words or in one.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from vigil.core import DataError, Labelled
from vigil.data.formats.actions import Clip, read_clips, written
from vigil.data.formats.parts import Files, Words

NAME = "ucf101"
SPLIT = "01"
"""The first of three."""


def is_here(folder: Path) -> bool:
    """A folder with `classInd.txt`."""
    return (folder / "classInd.txt").is_file()


def read(folder: Path) -> Iterator[Labelled]:
    """The clips of the lists, training first."""
    yield from read_clips(folder, clips(folder))


def write(folder: Path, things: Iterable[Labelled], files: Files) -> None:
    """Clips in folders of their words, and the lists; what is in no split is for training."""
    folder.mkdir(parents=True, exist_ok=True)
    words = Words(first=1)
    train, test = folder / f"trainlist{SPLIT}.txt", folder / f"testlist{SPLIT}.txt"
    with train.open("w", encoding="utf-8") as training, test.open("w", encoding="utf-8") as testing:
        for clip in written(folder, things, files):
            number = words.number(clip.word)
            if clip.split == "test":
                testing.write(f"{clip.path}\n")
            else:
                training.write(f"{clip.path} {number}\n")
    lines = [f"{words.number(word)} {word}\n" for word in words]
    (folder / "classInd.txt").write_text("".join(lines), encoding="utf-8")


def _words(file: Path) -> dict[str, str]:
    words = {}
    for line in file.read_text(encoding="utf-8").splitlines():
        number, _, word = line.strip().partition(" ")
        if word:
            words[number] = word.strip()
    if not words:
        raise DataError(f"{file}: no line such as `1 ApplyEyeMakeup`")
    return words


def clips(folder: Path, number: str = SPLIT) -> Iterator[Clip]:
    """What the lists of one of the splits say; no clip is opened. Raises `DataError`."""
    words = _words(folder / "classInd.txt")
    for split in ("train", "test"):
        file = folder / f"{split}list{number}.txt"
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        for count, line in enumerate(lines, start=1):
            # Only lists for training have a number; names may have spaces.
            path, _, mark = line.rpartition(" ") if split == "train" else (line, "", "")
            if not path.strip():
                continue
            word = words.get(mark, "") if split == "train" else path.partition("/")[0]
            if not word:
                raise DataError(f"{file}:{count}: class {mark!r} is not in classInd.txt")
            yield Clip(path=_place(folder, path.strip()), word=word, split=split)


def _place(folder: Path, path: str) -> str:
    """Where a clip of a list is: in the folder of its word, or flat."""
    flat = path.rpartition("/")[2]
    return flat if (folder / flat).is_file() else path
