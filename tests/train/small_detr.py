"""D-FINE so narrow that a test can train it."""

from typing import Any

from vigil.models.detr import SIZES

SETTINGS: dict[str, Any] = {
    **SIZES["dfine-n"][1],
    "backbone_config": {
        **SIZES["dfine-n"][1]["backbone_config"],
        "stem_channels": [3, 8, 8],
        "hidden_sizes": [8, 16, 32, 64],
        "stage_in_channels": [8, 8, 16, 32],
        "stage_mid_channels": [8, 8, 8, 8],
        "stage_out_channels": [8, 16, 32, 64],
        "stage_num_blocks": [1, 1, 1, 1],
    },
    "encoder_in_channels": [32, 64],
    "encoder_hidden_dim": 64,
    "d_model": 64,
    "decoder_in_channels": [64, 64],
    "encoder_ffn_dim": 64,
    "decoder_ffn_dim": 64,
    "decoder_layers": 2,
    "num_denoising": 8,
}
