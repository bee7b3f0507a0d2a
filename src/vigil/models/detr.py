"""D-FINE and RT-DETRv2, as transformers has them, in sizes that their authors published.

A convolutional backbone, an encoder that mixes its levels, and a decoder that asks a few hundred
queries what each of them sees: no anchors, and no duplicates to take out afterwards. D-FINE: Peng
et al. 2024, arXiv 2410.13842. RT-DETRv2: Lv et al. 2024, arXiv 2407.17140.

Legend: b pictures, q queries, k words, m boxes of the fullest picture.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import (
    DFineConfig,
    DFineForObjectDetection,
    PreTrainedConfig,
    PreTrainedModel,
    RTDetrV2Config,
    RTDetrV2ForObjectDetection,
)

from vigil.models.published import network_in

_HGNET_V2_B0: Mapping[str, Any] = {
    "model_type": "hgnet_v2",
    "embedding_size": 32,
    "hidden_sizes": [64, 256, 512, 1024],
    "stem_channels": [3, 16, 16],
    "stage_in_channels": [16, 64, 256, 512],
    "stage_mid_channels": [16, 32, 64, 128],
    "stage_out_channels": [64, 256, 512, 1024],
    "stage_num_blocks": [1, 1, 2, 1],
    "stage_numb_of_layers": [3, 3, 3, 3],
    "use_learnable_affine_block": True,
}
_RESNET_18: Mapping[str, Any] = {
    "model_type": "rt_detr_resnet",
    "hidden_sizes": [64, 128, 256, 512],
    "depths": [2, 2, 2, 2],
    "layer_type": "basic",
}
SIZES: Mapping[str, tuple[type[PreTrainedConfig], Mapping[str, Any]]] = {
    "dfine-n": (
        DFineConfig,
        {
            "backbone_config": {**_HGNET_V2_B0, "out_indices": [3, 4]},
            "encoder_in_channels": [512, 1024],
            "encoder_hidden_dim": 128,
            "encoder_ffn_dim": 512,
            "encode_proj_layers": [1],
            "feat_strides": [16, 32],
            "hidden_expansion": 0.34,
            "depth_mult": 0.5,
            "d_model": 128,
            "num_feature_levels": 2,
            "decoder_in_channels": [128, 128],
            "decoder_ffn_dim": 512,
            "decoder_layers": 3,
            "decoder_n_points": [6, 6],
        },
    ),
    "dfine-s": (
        DFineConfig,
        {
            "backbone_config": {**_HGNET_V2_B0, "out_indices": [2, 3, 4]},
            "encoder_in_channels": [256, 512, 1024],
            "hidden_expansion": 0.5,
            "depth_mult": 0.34,
            "decoder_layers": 3,
            "decoder_n_points": [3, 6, 3],
        },
    ),
    "rtdetr-v2-r18": (
        RTDetrV2Config,
        {
            "backbone_config": {**_RESNET_18, "out_indices": [2, 3, 4]},
            "encoder_in_channels": [128, 256, 512],
            "hidden_expansion": 0.5,
            "decoder_layers": 3,
        },
    ),
}
"""Settings that differ from those of transformers."""
STRIDES = (8, 16, 32)
"""Where `feat_strides` says nothing else."""
QUERIES = 300
CLASSES: Mapping[str, type[PreTrainedModel]] = {
    DFineConfig.model_type: DFineForObjectDetection,
    RTDetrV2Config.model_type: RTDetrV2ForObjectDetection,
}
LEAST_TRUST = 0.5
"""Its loss knows no weights: a box that is believed less is left out."""


def config_of(size: str, words: int, side: int, **other: object) -> PreTrainedConfig:
    """Settings of one of `SIZES` that begins from nothing; `other` ones replace them.

    `side`: of the input, pixels.
    """
    kind, settings = SIZES[size]
    strides = settings.get("feat_strides", STRIDES)
    own = {
        "num_labels": words,
        "num_queries": queries_at(side, strides),
        # Frozen statistics are those of published weights; without these they say nothing.
        "freeze_backbone_batch_norms": False,
    }
    return kind(**{**settings, **own, **other})


def queries_at(side: int, strides: Sequence[int]) -> int:
    """As many as were published, or as there are cells to begin with on a small picture."""
    return min(QUERIES, sum((side // stride) ** 2 for stride in strides))


def made(config: PreTrainedConfig) -> PreTrainedModel:
    """A network with weights drawn by chance."""
    network = CLASSES[config.model_type](config)
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            # As transformers draws them, what a picture says is gone after a few layers.
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
    return network


def published(size: str, folder: Path, words: int, side: int) -> PreTrainedModel:
    """A network with the weights in a folder as their publisher laid it out; its words begin anew.

    The folder holds `config.json` and `model.safetensors`; nothing is fetched. Raises `ModelError`.
    """
    wanted = SIZES[size][0].model_type
    return network_in(
        CLASSES[wanted],
        folder,
        model_type=wanted,
        size=size,
        words=words,
        num_queries=queries_at(side, SIZES[size][1].get("feat_strides", STRIDES)),
    )


class TrainedDetr(nn.Module):
    """A network with its own loss, as a trainer wants it: a batch in, `loss` out."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, pictures: Tensor, boxes: Tensor, words: Tensor, weights: Tensor
    ) -> dict[str, Tensor]:
        """`pictures` (b, 3, h, w) RGB, 0 to 255; `boxes` (b, m, 4) x1 y1 x2 y2, pixels.

        `words` (b, m), -1: no box; `weights` (b, m) how far each is believed.
        """
        height, width = pictures.shape[2:]
        size = boxes.new_tensor([width, height, width, height])
        told = (words >= 0) & (weights >= LEAST_TRUST)
        labels = [
            {"class_labels": word[there], "boxes": _centred(box[there] / size)}
            for word, box, there in zip(words, boxes, told, strict=True)
        ]
        return {"loss": self.network(pixel_values=pictures.float() / 255, labels=labels).loss}

    def state_dict(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Weights that layers share as copies: safetensors takes no memory twice."""
        seen: set[int] = set()
        found: dict[str, Any] = super().state_dict(*args, **kwargs)
        for name, value in found.items():
            if value.data_ptr() in seen:
                found[name] = value.clone()
            seen.add(value.data_ptr())
        return found


class Exported(nn.Module):
    """What the watch opens: logits (b, q, k), and boxes (b, q, 4) as centre and size, in shares."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        found = self.network(pixel_values=pictures / 255)
        return found.logits, found.pred_boxes


def _centred(boxes: Tensor) -> Tensor:  # (m, 4) corners to (m, 4) centre and size
    return torch.cat([(boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]], 1)
