"""A student whose body stays as it is: a published network and a line of ours behind, in one file.

It sees what an embedder sees (`infer.openvino_features`): the means of the last maps, each of unit
length, in bytes where the network holds bytes, from pictures of any size. They are made once of a
picture and of its mirror image; the best line behind them is then found in seconds, and there is
only one. What the watch opens is body and line in one graph of OpenVINO's: the line is learnt on
the very numbers that it will get.

Legend: n pictures, v views, d numbers of a vector, k words.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import openvino
import torch
from jaxtyping import Float16, Float32
from openvino import opset13

from vigil.core import Image, ModelCard, ModelError, ModelInput
from vigil.infer.content import sha256_of
from vigil.infer.embedders import MAPS
from vigil.infer.fitting import fitted_image
from vigil.infer.openvino_features import means_of
from vigil.infer.openvino_session import one_thread, with_bytes_in
from vigil.train import fitting
from vigil.train.beginning import Begin
from vigil.train.classifying import MAPS_FOLDER, ClassifierLoss, counts_of_all, worths
from vigil.train.fitting import Fit, Told
from vigil.train.keeping import Kept
from vigil.train.shown import Shown

DECAY = 1e-4
"""Of the line, against the mean loss of a picture: few pictures, many numbers."""
STEPS = 60
"""Of L-BFGS, at most."""
Vectors = Float32[np.ndarray, "n v d"]


@dataclass(frozen=True, kw_only=True)
class Line:
    """Logits of words from the vector of a picture."""

    weights: Float32[np.ndarray, "k d"]
    bias: Float32[np.ndarray, " k"]
    steps: int


@dataclass(frozen=True, kw_only=True)
class Written:
    """The files of one student."""

    full: ModelCard
    small: ModelCard | None
    """In bytes; None: the body holds none."""
    steps: int


def line_behind(
    begin: Begin,
    learnt: Sequence[Shown],
    card: ModelCard,
    folder: Path,
    *,
    fit: Fit,
    told: Told = lambda done, total, best: None,
) -> Written:
    """Fit a line for `card.labels` behind a body, and write both as OpenVINO's files.

    Of `fit` the threads count and nothing else: there is no chance in it, and no epoch. `told` is
    told how many pictures the body has seen. The input on the cards is that of `begin`, of the size
    on `card`. Raises `DataError` where a word has no picture, and `ModelError` for a file without
    maps, or that takes pictures of its own size only.
    """
    counts = counts_of_all(learnt, card)
    fitting.prepare(fit)
    fitting.write_run(folder, fit, card)
    size = replace(begin.card.input, width=card.input.width, height=card.input.height)
    full = replace(card, file=f"{card.name}.xml", input=size)
    small = replace(full, file=f"{card.name}-int8.xml")
    in_bytes = _body(begin, size, in_bytes=True)
    kept = KeptVectors(
        in_bytes or _body(begin, size), full, weights=sha256_of(begin.path),
        folder=begin.maps or folder / MAPS_FOLDER,
    )  # fmt: skip
    seen = []
    for number, each in enumerate(learnt):
        seen.append(kept.of(each))
        told(number + 1, len(learnt), 0.0)
    line = fit_line(np.stack(seen), learnt, worths(counts))
    _write(_body(begin, size), line, folder / full.file)
    if in_bytes is None:
        return Written(full=full, small=None, steps=line.steps)
    _write(_body(begin, size, in_bytes=True), line, folder / small.file)
    return Written(full=full, small=small, steps=line.steps)


def fit_line(vectors: Vectors, shown: Sequence[Shown], worth: Float32[np.ndarray, " k"]) -> Line:
    """The line with the least loss, as `ClassifierLoss` has it; all views of a picture weigh alike.

    `worth`: of a picture of each word.
    """
    count, views, numbers = vectors.shape
    given = torch.from_numpy(np.asarray(vectors, np.float32)).reshape(count * views, numbers)
    # The mean tells nothing apart, and would keep the line from its place for long.
    middle = given.mean(0)
    given = given - middle
    unasked = np.zeros(len(worth), np.float32)
    taught = np.stack([unasked if each.taught is None else each.taught for each in shown])
    told = (
        torch.tensor([each.word for each in shown]).repeat_interleave(views),
        torch.tensor([each.weight for each in shown]).repeat_interleave(views),
        torch.from_numpy(taught).repeat_interleave(views, dim=0),
    )
    loss = ClassifierLoss(torch.from_numpy(worth))
    weights = torch.zeros(len(worth), numbers, requires_grad=True)
    bias = torch.zeros(len(worth), requires_grad=True)
    search = torch.optim.LBFGS([weights, bias], max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        search.zero_grad()
        found: torch.Tensor = loss(given @ weights.T + bias, *told)
        found = found + DECAY * weights.square().sum()
        found.backward()
        return found

    search.step(closure)
    steps = int(search.state[weights]["n_iter"])
    with torch.no_grad():
        bias -= weights @ middle
    return Line(weights=weights.detach().numpy(), bias=bias.detach().numpy(), steps=steps)


class KeptVectors(Kept):
    """What a body sees of a picture and of its mirror image, (v, d), in half precision."""

    def __init__(self, body: Any, card: ModelCard, *, weights: str, folder: Path) -> None:
        """`weights`: as those of `KeptMaps`."""
        size = card.input
        super().__init__(f"means {MAPS} {weights} {size.width}x{size.height}", folder)
        model = with_bytes_in(body, card)
        compiled = openvino.Core().compile_model(model, "CPU", one_thread("f32"))
        self._size, self._request = size, compiled.create_infer_request()

    def _made(self, image: Image, seed: int) -> Float16[np.ndarray, "v d"]:
        fitted = fitted_image(image, self._size)
        return np.stack([self._seen(fitted), self._seen(fitted[:, ::-1])]).astype(np.float16)

    def _seen(self, picture: Image) -> Float32[np.ndarray, " d"]:
        self._request.infer([np.ascontiguousarray(picture)[None]], share_inputs=True)
        # The engine reuses its memory at the next call.
        return np.array(self._request.get_output_tensor(0).data[0])


def _body(begin: Begin, size: ModelInput, *, in_bytes: bool = False) -> Any:
    """A graph from pictures to vectors (1, d); None where it should be in bytes and has none."""
    try:
        means = means_of(begin.path, size, in_bytes=in_bytes)
    except RuntimeError as error:
        raise ModelError(
            f"{begin.path.name}: no body at {size.width} × {size.height}: {str(error)[:300]}"
        ) from error
    if means is None:
        return None
    units = [
        opset13.normalize_l2(each.input_value(0), np.array([1]), 1e-12, "max")
        for each in means.get_results()
    ]
    joined = opset13.multiply(opset13.concat(units, 1), np.float32(len(units) ** -0.5))
    return openvino.Model([joined], means.get_parameters(), means.get_friendly_name())


def _write(body: Any, line: Line, path: Path) -> None:
    """Body and line; it answers with probabilities of words (1, k)."""
    seen = body.get_results()[0].input_value(0)
    logits = opset13.add(opset13.matmul(seen, line.weights, False, True), line.bias[None])
    shares = opset13.softmax(logits, 1)
    whole = openvino.Model([shares], body.get_parameters(), path.stem)
    openvino.save_model(whole, path, compress_to_fp16=False)
