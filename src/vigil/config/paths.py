"""Where a relative path counts from."""

from pathlib import Path

from pydantic import ValidationInfo

FOLDER = "folder"
"""In the context of a validation: the folder of the file that is read."""


def folder_of(info: ValidationInfo) -> Path | None:
    """The folder of the file that is read; None when no file is, as on the command line."""
    folder: Path | None = (info.context or {}).get(FOLDER)
    return folder


def placed(path: str | Path, folder: Path | None) -> Path:
    """The path that is meant: `~` is a user's home, what is relative counts from `folder`.

    Without a folder it counts from the working directory. Raises ValueError for `~nobody`.
    """
    try:
        path = Path(path).expanduser()
    except RuntimeError as error:
        raise ValueError(f"{path}: no such user") from error
    return path if folder is None else folder / path
