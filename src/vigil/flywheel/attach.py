"""Where an algorithm is used: its file beside the configuration, which the watch takes up."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from vigil.config.load import remove_algorithm, save_algorithm, saved_algorithm
from vigil.core import DataError
from vigil.flywheel.algorithms import Algorithm, Shelf


def attach(
    file: Path, shelf: Shelf, name: str, cameras: Sequence[str], *, labels: Sequence[str] = ()
) -> dict[str, Any]:
    """Have the version in use looked for on more cameras; the settings as they stand now.

    `file`: the configuration. `labels`: of more than two words those that are told. Raises
    `DataError` for an algorithm that must not be used, `ConfigError` for what does not load.
    """
    used = shelf.in_use(name)
    if used is None:
        why = shelf.history(name)[-1].verdict.refused
        raise DataError(f"{name}: nothing of it may be used yet, because {why}")
    algorithm, _ = used
    settings = saved_algorithm(file, name) or _words_of(algorithm)
    settings["version"] = algorithm.version
    _set_labels(settings, algorithm, labels)
    there = settings.get("cameras") or []
    settings["cameras"] = [*there, *(one for one in cameras if one not in there)]
    save_algorithm(file, name, settings)
    return settings


def detach(file: Path, name: str, cameras: Sequence[str]) -> dict[str, Any]:
    """Take it off some cameras; none: off all. Raises `ConfigError` and `DataError`."""
    settings = saved_algorithm(file, name)
    there = (settings or {}).get("cameras") or []
    strange = [camera for camera in cameras if camera not in there]
    if settings is None or strange or not there:
        on = ", ".join(there) or "no camera"
        raise DataError(f"{name}: is not on {', '.join(strange) or 'any camera'}; it is on: {on}")
    left = [camera for camera in there if cameras and camera not in cameras]
    settings["cameras"] = left
    save_algorithm(file, name, settings)
    return settings


def reword(file: Path, algorithm: Algorithm) -> None:
    """A new version's words and number in place of those before; its cameras stay.

    Raises `ConfigError`.
    """
    before = saved_algorithm(file, algorithm.name) or {}
    kept = {word: before[word] for word in ("cameras", "severity", "labels") if word in before}
    save_algorithm(file, algorithm.name, _words_of(algorithm) | kept)


def remove(file: Path | None, shelf: Shelf, name: str) -> None:
    """Take it off all cameras and forget all its versions; its data set stays.

    Raises `ConfigError` and `DataError`.
    """
    shelf.history(name)
    # The watch must not look for a head that is gone.
    if file is not None:
        remove_algorithm(file, name)
    shelf.remove(name)


def _words_of(algorithm: Algorithm) -> dict[str, Any]:
    words = algorithm.wording.model_dump(mode="json", exclude_defaults=True)
    return {
        "claim": algorithm.claim,
        **words,
        "stage": "trial",
        "version": algorithm.version,
    }


def _set_labels(settings: dict[str, Any], algorithm: Algorithm, labels: Sequence[str]) -> None:
    words = algorithm.words
    strange = [label for label in labels if label not in words]
    if strange:
        raise DataError(f"{algorithm.name}: no word {strange[0]!r}; allowed: {', '.join(words)}")
    if labels:
        settings["labels"] = list(labels)
    elif len(words) > 2 and not settings.get("labels"):
        raise DataError(
            f"{algorithm.name}: tells {', '.join(words)}; name those that are worth an event: "
            "--tell WORD"
        )
