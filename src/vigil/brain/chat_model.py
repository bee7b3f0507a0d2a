"""A module that opens torch: a model of pictures and text from a folder, and what it says.

Without torchvision: pictures go through the processors that work on NumPy and Pillow, and a
processor's part for videos, which needs torchvision, is left out.
"""

import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

# Nothing is fetched, whatever a file in the folder asks for.
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from transformers import (
    AutoConfig,
    AutoImageProcessor,
    AutoModelForImageTextToText,
    AutoTokenizer,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
from transformers.utils import logging

from vigil.brain.forced import Piece, Vocabulary, allowed_after, vocabulary_of
from vigil.brain.solo import GivenUp, Stop
from vigil.brain.wire import Said
from vigil.core import BrainUnavailable, Image, ModelError

Precision = Literal["auto", "float32", "bfloat16", "float16"]
Messages = Sequence[Mapping[str, Any]]
"""Role and content, as chat templates have them; `{"type": "image"}` where a picture stands."""

LOCAL = {"local_files_only": True, "trust_remote_code": False}


class ChatModel:
    """Open weights; one thread. Opening takes seconds to minutes, and raises `ModelError`."""

    def __init__(self, folder: Path, *, device: str, precision: Precision) -> None:
        logging.set_verbosity_error()
        logging.disable_progress_bar()
        self.name = folder.name
        with _as_model_error(folder):
            config = AutoConfig.from_pretrained(folder, **LOCAL)
            self._processor = _processor(folder, config)
            self._device = _device(device)
            self._model = AutoModelForImageTextToText.from_pretrained(
                folder, dtype=precision, use_safetensors=True, **LOCAL
            )
            self._model.to(self._device).eval()
        if not getattr(self._processor, "chat_template", None):
            raise ModelError(f"{folder}: has no chat template; allowed: a model made for chats")

    def vocabulary(self) -> Vocabulary:
        """The text of each of its tokens; takes a second. Raises `ModelError`."""
        tokenizer = self._processor.tokenizer
        texts = tokenizer.batch_decode([[token] for token in range(len(tokenizer))])
        try:
            return vocabulary_of(
                texts,
                tokenizer.all_special_ids,
                lambda text: tokenizer.encode(text, add_special_tokens=False),
            )
        except ValueError as error:
            raise ModelError(
                f"{self.name}: its tokenizer has no token for a quotation mark; set forced: false"
            ) from error

    def say(
        self,
        messages: Messages,
        pictures: Sequence[Image],
        *,
        most_tokens: int,
        stop: Stop,
        pieces: Sequence[Piece] = (),
    ) -> Said:
        """What it answers, the likeliest token each time, of those that `pieces` allow.

        Raises `GivenUp` and `BrainUnavailable`.
        """
        stop.check()
        try:
            inputs = self._inputs(messages, pictures)
            with torch.inference_mode():
                ids = self._model.generate(
                    **inputs,
                    max_new_tokens=most_tokens,
                    do_sample=False,
                    stopping_criteria=StoppingCriteriaList([_Gone(stop)]),
                    prefix_allowed_tokens_fn=self._filler(pieces, inputs) if pieces else None,
                )
        except Exception as error:
            line = " ".join(str(error).split())[:200]
            raise BrainUnavailable(f"{self.name}: does not answer: {line}") from error
        stop.check()
        asked = inputs["input_ids"].shape[1]
        said = ids[0, asked:]
        return Said(
            text=self._processor.tokenizer.decode(said, skip_special_tokens=True),
            finish="length" if len(said) >= most_tokens else "stop",
            model=self.name,
            tokens_in=asked,
            tokens_out=len(said),
        )

    def _filler(self, pieces: Sequence[Piece], inputs: Any) -> Callable[[int, Any], list[int]]:
        asked, end = inputs["input_ids"].shape[1], self._processor.tokenizer.eos_token_id
        return lambda _row, ids: list(allowed_after(tuple(ids[asked:].tolist()), pieces, end))

    def _inputs(self, messages: Messages, pictures: Sequence[Image]) -> Any:
        # Of the tokenizer: that of some processors asks the missing one for videos.
        prompt = self._processor.tokenizer.apply_chat_template(
            messages,
            chat_template=self._processor.chat_template,
            add_generation_prompt=True,
            tokenize=False,
        )
        images = list(pictures) or None
        made = self._processor(text=[prompt], images=images, return_tensors="pt")
        return made.to(self._device, dtype=self._model.dtype)


class _Gone(StoppingCriteria):  # type: ignore[misc]
    """Stops between two tokens when nobody waits any more."""

    def __init__(self, stop: Stop) -> None:
        self._stop = stop

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        rows, device = input_ids.shape[0], input_ids.device
        return torch.full((rows,), self._stop.wanted, dtype=torch.bool, device=device)


def _processor(folder: Path, config: Any) -> Any:
    """What makes a model's inputs, for pictures and text only."""
    kind = PROCESSOR_MAPPING[type(config)]
    takes = inspect.signature(kind.__init__).parameters

    class PicturesOnly(kind):  # type: ignore[misc, valid-type]
        """Has no processor of videos; the base class looks here for which it has."""

        def __init__(self, image_processor: Any, tokenizer: Any, **settings: Any) -> None:
            none = {"video_processor": None} if "video_processor" in takes else {}
            super().__init__(
                image_processor=image_processor, tokenizer=tokenizer, **none, **settings
            )

    found, _ = kind.get_processor_dict(folder, **LOCAL)
    settings = {
        word: value
        for word, value in found.items()
        if word in takes and not word.endswith(("_processor", "tokenizer"))
    }
    tokenizer = AutoTokenizer.from_pretrained(folder, **LOCAL)
    images = AutoImageProcessor.from_pretrained(folder, backend="pil", **LOCAL)
    settings.setdefault("chat_template", tokenizer.chat_template)
    return PicturesOnly(images, tokenizer, **settings)


def _device(wanted: str) -> Any:
    if wanted == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(wanted)


@contextmanager
def _as_model_error(folder: Path) -> Iterator[None]:
    try:
        yield
    except (ModelError, GivenUp):
        raise
    except Exception as error:
        line = " ".join(str(error).split())[:240] or type(error).__name__
        raise ModelError(f"{folder}: cannot be opened: {line}") from error
