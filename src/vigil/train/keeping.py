"""What blocks that stay as they are make of pictures: made once, and kept on the disk.

Most of what it costs to teach a network that begins as another lies in blocks that do not change.
Views of a picture are the same for the same content, so that runs of other words, examples or
chances find there what they need.

FOLDER/WEIGHTS/CONTENT.npy    (v, ...) of v views of one picture, in half precision
"""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float16

from vigil.core import DataError, Image, ModelInput
from vigil.infer.content import sha256_of
from vigil.infer.fitting import fitted_image
from vigil.models.namer import Namer
from vigil.train.copies import packed, varied
from vigil.train.shown import Shown

Made = Float16[np.ndarray, "v ..."]
Maps = Float16[np.ndarray, "v c h w"]
VARIATIONS = 3
"""Of each picture; the first is the picture itself, as the watch shows it."""
LEAST_AREA = 0.5
"""Of a picture that is cut: the word may be told by a part of it."""
RECIPE = 1
"""Goes up when the variations change, so that what was kept is not used."""


class Kept(ABC):
    """What is made of pictures, by their content."""

    def __init__(self, made_by: str, folder: Path) -> None:
        """`made_by`: what tells it from what else is made of the same pictures."""
        self._folder = folder / hashlib.sha256(made_by.encode()).hexdigest()[:16]
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def of(self, shown: Shown) -> Made:
        """Of one picture. Raises `DataError` when it cannot be read, or nothing can be kept."""
        content = sha256_of(shown.path)
        file = self._folder / f"{content}.npy"
        try:
            found: Made = np.load(file)
            return found
        except (FileNotFoundError, EOFError, ValueError):
            pass  # never made, or cut short
        made = self._made(shown.image(), int(content[:8], 16))
        beside = file.with_suffix(f".{os.getpid()}")
        try:
            with beside.open("wb") as opened:
                np.save(opened, made)
            # Not synced: what a power cut takes is made again.
            beside.replace(file)
        except OSError as error:
            raise DataError(f"{file}: cannot be kept ({error})") from error
        return made

    @abstractmethod
    def _made(self, image: Image, seed: int) -> Made: ...


class KeptMaps(Kept):
    """The maps behind the kept blocks of a network; each picture is cut, mirrored, weathered."""

    def __init__(self, network: Namer, *, weights: str, size: ModelInput, folder: Path) -> None:
        """`weights`: what tells them from others: the hash of the file that they came from."""
        shape = f"{size.width}x{size.height}"
        super().__init__(f"{RECIPE} {weights} {network.kept} {shape} {VARIATIONS}", folder)
        self._network, self._size = network, size

    @torch.no_grad()
    def _made(self, image: Image, seed: int) -> Maps:
        self._network.eval()
        views = np.stack(list(self._views(image, np.random.default_rng(seed))))
        pictures = torch.from_numpy(views).permute(0, 3, 1, 2).float()  # channels last: faster
        found: Maps = self._network.early(pictures).numpy().astype(np.float16, order="C")
        return found

    def _views(self, image: Image, chance: np.random.Generator) -> Iterator[Image]:
        yield fitted_image(image, self._size)
        copy = packed(image, self._size)
        for _ in range(VARIATIONS - 1):
            yield varied(copy, self._size, chance, least_area=LEAST_AREA)
