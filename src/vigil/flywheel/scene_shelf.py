"""Kinds of view on disk: a shelf of algorithms, and beside each head the examples it knows.

<home>/views/kinds/<name>/            as a shelf lays it out
<home>/views/kinds/<name>/<head>.npz  the examples of the head with this version
<home>/views/cameras/<camera>/        pictures of what it usually shows
"""

import time
from collections.abc import Sequence
from pathlib import Path

from vigil.core import DataError
from vigil.core.durable import write_durably
from vigil.flywheel.algorithms import Algorithm, Shelf, hashes_of
from vigil.flywheel.familiar import MOST_BYTES, Familiar
from vigil.flywheel.pictures import Example
from vigil.flywheel.scenes import SceneModel
from vigil.flywheel.usual import UsualViews
from vigil.flywheel.verdict import Verdict
from vigil.infer.head import Head


class SceneShelf:
    """What is known of views, below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shelf = Shelf(folder / "kinds")

    def check(self, name: str) -> None:
        """Raises `DataError` for what is no name."""
        self._shelf.check(name)

    def keep(
        self,
        name: str,
        model: SceneModel | None,
        verdict: Verdict,
        *,
        kinds: tuple[str, ...],
        embedder: str,
        examples: Sequence[Example],
    ) -> Algorithm:
        """Keep a new version; one with a model is in use from now on. Raises `DataError`."""
        if model is not None:
            file = self._examples(name, model.head)
            try:
                file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                # First, so that a version in use always finds it.
                write_durably(file, model.familiar.to_bytes())
            except OSError as error:
                raise DataError(f"{file}: cannot be written ({error.strerror})") from error
        algorithm = Algorithm(
            name=name, claim=f"The view is of one of these kinds: {', '.join(kinds)}.",
            words=kinds, embedder=embedder, verdict=verdict, made_s=time.time(),
            examples=hashes_of(examples),
        )  # fmt: skip
        return self._shelf.keep(algorithm, model.head if model else None)

    def open(self, name: str | None) -> tuple[Algorithm, SceneModel]:
        """The version in use; None: of the only ones there are. Raises `DataError`."""
        found = self._shelf.in_use(name or self._only())
        if found is None:
            raise DataError(f"{name}: every version was refused; learn it from more pictures")
        algorithm, head = found
        file = self._examples(algorithm.name, head)
        try:
            if file.stat().st_size > MOST_BYTES:
                raise DataError(f"{file}: larger than {MOST_BYTES >> 20} MB")
            content = file.read_bytes()
        except OSError as error:
            raise DataError(f"{file}: {error.strerror or error}; learn it anew") from error
        return algorithm, SceneModel(head=head, familiar=Familiar.from_bytes(content, file.name))

    def usual(self, camera: str) -> UsualViews:
        """The usual views of a camera; its name is one of the configuration's."""
        return UsualViews(self.folder / "cameras" / camera)

    def _only(self) -> str:
        names = self._shelf.names()
        if len(names) == 1:
            return names[0]
        if not names:
            raise DataError(
                "no kinds of view are learnt; first: vigil scene new NAME --images FOLDER, with "
                "a folder of pictures for each kind in it"
            )
        raise DataError(f"several sets of kinds are learnt: {', '.join(names)}; name one: --kinds")

    def _examples(self, name: str, head: Head) -> Path:
        self._shelf.check(name)
        return self._shelf.folder / name / f"{head.version}.npz"
