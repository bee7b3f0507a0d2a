"""Grounding DINO and OWLv2 in torch. Opened by `open_words` only.

Liu et al., "Grounding DINO: Marrying DINO with Grounded Pre-Training for Open-Set Object Detection"
(ECCV 2024); Minderer, Gritsenko and Houlsby, "Scaling Open-Vocabulary Object Detection" (NeurIPS
2023). Without torchvision: pictures go through the processors that work on Pillow.

Legend of shapes: q boxes, p phrases, t tokens of all phrases.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Nothing is fetched, whatever a file in the folder asks for.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import numpy as np
import torch
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForZeroShotObjectDetection,
    AutoTokenizer,
)

from vigil.core import Detections, Image, ModelError

LOCAL: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
GROUNDING, OWL = ("grounding-dino", "mm-grounding-dino"), ("owlv2", "owlvit")
USUAL = {**dict.fromkeys(GROUNDING, 0.35), **dict.fromkeys(OWL, 0.2)}
"""What the examples of their makers use, halfway."""
OWL_TOKENS = 16
"""Of a phrase; the length that OWL was trained with."""


class OpenWordsModel:
    """One model; each family has its own way to bring words and boxes together."""

    def __init__(self, folder: Path, *, device: str) -> None:
        self._name = folder.name
        with self._as_model_error("cannot be opened"):
            config = AutoConfig.from_pretrained(folder, **LOCAL)
            self._family = str(config.model_type)
            if self._family not in USUAL:
                raise ModelError(
                    f"{self._name}: a model of type {self._family!r}; allowed: {', '.join(USUAL)}"
                )
            self._tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
            self._pictures = AutoImageProcessor.from_pretrained(folder, backend="pil", **LOCAL)
            model = AutoModelForZeroShotObjectDetection.from_pretrained(
                folder, use_safetensors=True, **LOCAL
            )
            if device == "auto":
                device = "cuda" if torch.cuda.is_available() else "cpu"
            self._device = torch.device(device)
            self._model = model.to(self._device).eval()
        self._most_tokens = int(getattr(config, "max_text_len", 256))

    @property
    def usual(self) -> float:
        return USUAL[self._family]

    def find(self, image: Image, phrases: Sequence[str], *, score: float) -> Detections:
        """As `Grounding.find`."""
        height, width = image.shape[:2]
        with self._as_model_error("does not answer"), torch.inference_mode():
            inputs = self._pictures(images=[image], return_tensors="pt").to(self._device)
            if self._family in GROUNDING:
                fits, middle = self._grounded(inputs, phrases)
                across, down = float(width), float(height)
            else:
                fits, middle = self._matched(inputs, phrases)
                # OWLv2 pads pictures to squares, at the right and at the bottom.
                square = float(max(width, height))
                across, down = (square, square) if self._family == "owlv2" else (width, height)
        return _detections(fits, middle, phrases, score, (across, down), (width, height))

    def _grounded(self, inputs: Any, phrases: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """How well each box fits each phrase (q, p), and boxes as middle and size (q, 4).

        We lay the tokens out ourselves, phrase by phrase: of the whole sentence nobody knows
        afterwards which token belongs to which.
        """
        ids, places = self._sentence(phrases)
        words = torch.tensor([ids], device=self._device)
        found = self._model(
            **inputs, input_ids=words, attention_mask=torch.ones_like(words),
            token_type_ids=torch.zeros_like(words),
        )  # fmt: skip
        likely = found.logits[0].float().sigmoid()
        fits = torch.stack([likely[:, first:last].amax(dim=1) for first, last in places], dim=1)
        return fits.cpu().numpy(), found.pred_boxes[0].float().cpu().numpy()

    def _matched(self, inputs: Any, phrases: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        words = self._tokenizer(
            list(phrases), padding="max_length", max_length=OWL_TOKENS, truncation=True,
            return_tensors="pt",
        ).to(self._device)  # fmt: skip
        found = self._model(
            pixel_values=inputs["pixel_values"],
            input_ids=words["input_ids"],
            attention_mask=words["attention_mask"],
        )
        fits = found.logits[0].float().sigmoid()
        return fits.cpu().numpy(), found.pred_boxes[0].float().cpu().numpy()

    def _sentence(self, phrases: Sequence[str]) -> tuple[list[int], list[tuple[int, int]]]:
        """Tokens of `phrase . phrase .`, and where each phrase begins and ends."""
        encode = self._tokenizer.encode
        dot = encode(".", add_special_tokens=False)
        ids, places = [self._tokenizer.cls_token_id], []
        for phrase in phrases:
            tokens = encode(phrase.lower().replace(".", " "), add_special_tokens=False)
            places.append((len(ids), len(ids) + len(tokens)))
            ids += [*tokens, *dot]
        ids.append(self._tokenizer.sep_token_id)
        if len(ids) > self._most_tokens:
            raise ModelError(
                f"{self._name}: {len(phrases)} phrases are {len(ids)} tokens; allowed: "
                f"{self._most_tokens}; ask for fewer words at a time"
            )
        return ids, places

    @contextmanager
    def _as_model_error(self, what: str) -> Iterator[None]:
        try:
            yield
        except ModelError:
            raise
        except Exception as error:
            line = " ".join(str(error).split())[:240] or type(error).__name__
            raise ModelError(f"{self._name}: {what}: {line}") from error


def _detections(
    fits: np.ndarray,
    middle: np.ndarray,
    phrases: Sequence[str],
    score: float,
    scale: tuple[float, float],
    size: tuple[int, int],
) -> Detections:
    """The best phrase of each box, where that is good enough; boxes cut to the picture."""
    best = fits.argmax(axis=1)
    scores = fits.max(axis=1)
    sides = np.concatenate(
        [middle[:, :2] - middle[:, 2:] / 2, middle[:, :2] + middle[:, 2:] / 2], 1
    )
    boxes = np.clip(sides * np.tile(scale, 2), 0, np.tile(size, 2)).astype(np.float32)
    real = ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1)
    kept = np.flatnonzero((scores >= score) & real)
    return Detections(
        boxes=boxes[kept],
        scores=scores[kept].astype(np.float32),
        labels=tuple(phrases[index] for index in best[kept]),
    )
