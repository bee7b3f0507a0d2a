"""SegFormer-B0, as transformers has it: Xie et al. 2021, arXiv 2105.15203.

A transformer whose levels look at fewer and fewer places, without positions, and a head of plain
lines that joins them at stride 4.

Legend: b pictures, h and w pixels, k words.
"""

from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel, SegformerConfig, SegformerForSemanticSegmentation

from vigil.models.published import network_in

MEAN, SPREAD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
"""Of the pictures on which published weights have learnt (ImageNet), 0 to 255."""


class Segformer(nn.Module):
    """Pictures to logits of words, place by place.

    Takes RGB, 0 to 255, with sides that are multiples of 32.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)
        self.register_buffer("spread", torch.tensor(SPREAD)[:, None, None], persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Logits (b, k, h / 4, w / 4)."""
        logits: Tensor = self.network(pixel_values=(pictures - self.mean) / self.spread).logits
        return logits


def begun(words: int) -> Segformer:
    """A B0, whose settings are those of transformers, with weights drawn by chance."""
    return Segformer(SegformerForSemanticSegmentation(SegformerConfig(num_labels=words)))


def published(folder: Path, words: int) -> Segformer:
    """A network with the weights in a folder as their publisher laid it out; its words begin anew.

    The folder holds `config.json` and `model.safetensors`; nothing is fetched. Raises `ModelError`.
    """
    network = network_in(
        SegformerForSemanticSegmentation,
        folder,
        model_type=SegformerConfig.model_type,
        size="segformer-b0",
        words=words,
    )
    return Segformer(network)
