"""Video transformers of the library of that name, behind one pair of methods.

TimeSformer (Bertasius et al. 2021, arXiv 2102.05095), ViViT (Arnab et al. 2021, arXiv 2103.15691)
and VideoMAE (Tong et al. 2022, arXiv 2203.12602); others open from the folder of a checkpoint. None
stretches its places in time: a clip must have just as many frames as the network was made for.

Legend: b clips, t frames, c channels, n tokens, d numbers of a token, k classes.
"""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForVideoClassification, PretrainedConfig

SMALL: dict[str, dict[str, Any]] = {
    "timesformer": {
        "image_size": 112, "patch_size": 16, "num_frames": 8, "hidden_size": 192,
        "num_hidden_layers": 6, "num_attention_heads": 3, "intermediate_size": 768,
    },
    "videomae": {
        "image_size": 112, "patch_size": 16, "num_frames": 16, "tubelet_size": 2,
        "hidden_size": 192, "num_hidden_layers": 6, "num_attention_heads": 3,
        "intermediate_size": 768, "use_mean_pooling": True,
    },
    "vivit": {
        "image_size": 112, "num_frames": 16, "tubelet_size": [2, 16, 16], "hidden_size": 192,
        "num_hidden_layers": 6, "num_attention_heads": 3, "intermediate_size": 768,
    },
}  # fmt: skip
"""Sizes that a processor can train: some 4 million parameters each."""


class VideoTransformer(nn.Module):
    """Clips (b, t, c, h, w), normalised as the checkpoint says, to logits (b, k)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        config: PretrainedConfig = network.config
        self.frames: int = config.num_frames
        size = config.image_size
        self.side: int = size if isinstance(size, int) else size[0]
        self.width: int = config.hidden_size
        self.channels: int = config.num_channels

    @classmethod
    def small(cls, name: str, classes: int, **settings: Any) -> "VideoTransformer":
        """One of `SMALL` with fresh weights; `settings` are those of its configuration.

        Raises `ValueError` for another name.
        """
        if name not in SMALL:
            raise ValueError(f"no small {name!r}; there are: {', '.join(sorted(SMALL))}")
        config = AutoConfig.for_model(name, **SMALL[name] | settings, num_labels=classes)
        network = AutoModelForVideoClassification.from_config(config)
        for each, places in network.named_parameters():
            if each.endswith("time_embeddings"):
                # All zeros, a clip and the same played backwards begin alike, and stay so.
                nn.init.trunc_normal_(places, std=0.02)
        return cls(network)

    @classmethod
    def opened(cls, folder: Path, classes: int | None = None) -> "VideoTransformer":
        """A checkpoint's folder. `classes`: another number of them begins with a fresh head."""
        told: dict[str, Any] = {} if classes is None else {"num_labels": classes}
        return cls(
            AutoModelForVideoClassification.from_pretrained(
                str(folder), local_files_only=True, ignore_mismatched_sizes=True, **told
            )
        )

    def tokens(self, clips: Tensor) -> Tensor:
        """(b, n, d): what the last layer says of each place and time.

        Raises `ValueError` for clips of another length or size.
        """
        self._check(clips)
        body = self.network.base_model(pixel_values=clips)
        return body.last_hidden_state

    def embed(self, clips: Tensor) -> Tensor:
        """(b, d): the mean of all tokens."""
        return self.tokens(clips).mean(1)

    def forward(self, clips: Tensor) -> Tensor:
        self._check(clips)
        return self.network(pixel_values=clips).logits

    def _check(self, clips: Tensor) -> None:
        wanted = (self.frames, self.channels, self.side, self.side)
        if tuple(clips.shape[1:]) != wanted:
            raise ValueError(f"clips of {tuple(clips.shape[1:])}; allowed: {wanted}")


def normalised(clips: Tensor, mean: tuple[float, ...], spread: tuple[float, ...]) -> Tensor:
    """RGB from 0 to 255, (b, t, 3, h, w), as a checkpoint's preprocessor_config.json says."""
    shape = (1, 1, 3, 1, 1)
    where = clips.device
    shift = torch.tensor(mean, device=where).reshape(shape)
    scale = torch.tensor(spread, device=where).reshape(shape)
    return (clips.float() / 255 - shift) / scale
