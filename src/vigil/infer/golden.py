"""A picture whose answer is kept, so that a model that has changed is found out."""

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float32

from vigil.core import Image, ModelCard, ModelError
from vigil.infer.session import Output, Session

PICTURE, ANSWER = "golden.png", "golden.npz"
ROWS = 64
"""Rows of each output that are kept, evenly spread."""
TOLERANCE = 0.05
"""Difference allowed, in standard deviations of a column."""
AGREEING = 0.98
"""Share of values that must be within it: another processor may swap two boxes of equal score."""


def golden_picture(card: ModelCard) -> Image:
    """Waves, edges and grain in all colours, the same for every model of a size."""
    rows, columns = np.mgrid[0 : card.input.height, 0 : card.input.width]
    waves = [np.sin(rows / (5 + 9 * c) + c) * np.cos(columns / (23 - 7 * c)) for c in range(3)]
    grain = (rows * 7919 + columns * 104729) % 31
    squares = 40 * ((rows // 37 + columns // 53) % 2)
    picture = 90 + 60 * np.stack(waves, axis=2) + (grain + squares)[..., None]
    return np.asarray(np.clip(picture, 0, 255), np.uint8)


def keep_golden(session: Session, picture: Image, folder: Path) -> None:
    """Run `picture` (of the card's size) and write it, with what came out, to `folder`."""
    answers = session.run(picture)
    written = cv2.imwrite(str(folder / PICTURE), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    if not written:
        raise ModelError(f"cannot write {folder / PICTURE}")
    kept: dict[str, Output] = {}
    for index, answer in enumerate(answers):
        kept[f"rows_{index}"], kept[f"spread_{index}"] = _rows(answer), _spread(answer)
    with (folder / ANSWER).open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **kept)


def check_golden(session: Session, card: ModelCard, folder: Path) -> None:
    """Raise `ModelError` unless the model still answers the golden picture as it did."""
    try:
        read = cv2.imread(str(folder / PICTURE), cv2.IMREAD_COLOR)
        with np.load(folder / ANSWER, allow_pickle=False) as kept:
            answers = {name: kept[name] for name in kept.files}
    except (OSError, ValueError) as error:
        raise ModelError(f"{card.id}: its golden answer cannot be read ({error})") from error
    if read is None or read.shape[:2] != (card.input.height, card.input.width):
        raise ModelError(f"{card.id}: its golden picture cannot be read or has the wrong size")
    outputs = session.run(np.asarray(cv2.cvtColor(read, cv2.COLOR_BGR2RGB), np.uint8))
    _compare(card, outputs, answers)


def _compare(card: ModelCard, outputs: Sequence[Output], kept: dict[str, Output]) -> None:
    if len(outputs) * 2 != len(kept):
        raise ModelError(f"{card.id}: {len(outputs)} outputs, {len(kept) // 2} when it was added")
    for index, output in enumerate(outputs):
        then, now = kept[f"rows_{index}"], _rows(output)
        if then.shape != now.shape:
            raise ModelError(f"{card.id}: output {index} changed its shape")
        allowed = TOLERANCE * kept[f"spread_{index}"] + 1e-4
        share = float(np.mean(np.abs(now - then) <= allowed))
        if share < AGREEING:
            raise ModelError(
                f"{card.id}: answers the golden picture differently: "
                f"output {index} agrees in {share:.0%} of values, {AGREEING:.0%} needed"
            )


def _table(output: Output) -> Float32[np.ndarray, "rows columns"]:
    return output.reshape(-1, output.shape[-1] if output.ndim else 1).astype(np.float32)


def _rows(output: Output) -> Output:
    table = _table(output)
    chosen = np.linspace(0, len(table) - 1, min(ROWS, len(table))).astype(int)
    return np.asarray(table[chosen])


def _spread(output: Output) -> Output:
    table = _table(output)
    # One row has no spread of its own: the spread of its values stands in.
    return np.asarray(table.std(axis=0) if len(table) > 1 else np.full(table.shape[1], table.std()))
