"""Networks of transformers with weights from a folder, as their publisher laid it out."""

import json
from pathlib import Path

from transformers import PreTrainedModel
from transformers.utils import logging

from vigil.core import ModelError


def network_in(
    kind: type[PreTrainedModel],
    folder: Path,
    *,
    model_type: str,
    size: str,
    words: int,
    **settings: int,
) -> PreTrainedModel:
    """A network with published weights; its words begin anew, and `settings` replace its own.

    The folder holds `config.json`, whose `model_type` must be the one of `size`, and
    `model.safetensors`; nothing is fetched. Raises `ModelError`.
    """
    config = folder / "config.json"
    try:
        found = json.loads(config.read_text(encoding="utf-8")).get("model_type")
    except (OSError, ValueError, AttributeError) as error:
        raise ModelError(f"{config}: no settings of a network that can be read") from error
    if found != model_type:
        raise ModelError(
            f"{config}: model_type: found {found!r}; allowed for {size}: {model_type!r}"
        )
    # It reports the words that begin anew, and draws a bar for a second's work.
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        network: PreTrainedModel = kind.from_pretrained(
            folder,
            id2label={number: f"word {number}" for number in range(words)},
            ignore_mismatched_sizes=True,
            local_files_only=True,
            use_safetensors=True,
            **settings,
        )
    except (OSError, ValueError, RuntimeError) as error:
        line = " ".join(str(error).split())[:300]
        raise ModelError(f"{folder}: its weights do not fit: {line}") from error
    return network
