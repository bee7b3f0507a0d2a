"""What a network finds out from clips that nobody labelled; each makes it see what clips show.

masked       paint what is hidden: VideoMAE (Tong et al. 2022, arXiv 2203.12602)
contrastive  know two sights of a clip among others: SimCLR (Chen et al. 2020, arXiv 2002.05709),
             on clips from two times (Feichtenhofer et al. 2021, arXiv 2104.14558)
order        tell a clip from itself backwards (Wei et al. 2018, "Learning and Using the Arrow of
             Time") and from itself shuffled (Misra et al. 2016, arXiv 1603.08561)

Legend: b clips, t frames, h and w pixels, s steps of time, p places, d numbers of a vector.
"""

from copy import deepcopy
from itertools import permutations

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor, nn
from torch.nn import functional
from transformers import VideoMAEForPreTraining

from vigil.core import ConfigError
from vigil.models.video_transformer import normalised
from vigil.train.video.bodies import Attending, Body
from vigil.train.video.presets import Preset
from vigil.train.video.settings import PretrainSettings

PAINTERS = 2
"""Layers that paint: few and narrow, so that what is seen is worked out before them."""
COMPARED = 128
"""Numbers of the vectors that are compared."""
PARTS = 4
"""Into which a clip is cut to be shuffled."""
ORDERS = 3
"""As filmed, backwards, shuffled."""

Clips = Float[Tensor, "b t 3 h w"]
"""RGB, 0 to 255."""
Found = dict[str, Tensor]
"""`loss`, and the share that it got `right` where there is a right and a wrong."""


class Masked(nn.Module):
    """Paints the hidden tubes of clips, each patch normalised by itself; VideoMAE only.

    It shares the weights of `body`, and learns a painter of its own, which is thrown away.
    """

    def __init__(self, body: Attending, preset: Preset, share: float) -> None:
        super().__init__()
        known = body.network.network
        config = deepcopy(known.config)
        width = config.hidden_size // 2
        config.update(
            {
                "decoder_hidden_size": width,
                "decoder_intermediate_size": 4 * width,
                "decoder_num_attention_heads": config.num_attention_heads,
                "decoder_num_hidden_layers": PAINTERS,
            }
        )
        self.network = VideoMAEForPreTraining(config)
        self.network.videomae = known.videomae
        self._mean, self._spread, self._share = preset.mean, preset.spread, share
        self._places = (body.side // config.patch_size) ** 2
        self._steps = body.frames // config.tubelet_size

    def forward(self, rgb: Clips) -> Found:
        hidden = tubes(len(rgb), self._places, self._steps, self._share).to(rgb.device)
        clips = normalised(rgb, self._mean, self._spread)
        return {"loss": self.network(pixel_values=clips, bool_masked_pos=hidden).loss}


class Contrastive(nn.Module):
    """Finds the other sight of a clip among those of all clips of a batch."""

    def __init__(self, body: Body, temperature: float) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Sequential(
            nn.Linear(body.width, body.width), nn.ReLU(), nn.Linear(body.width, COMPARED)
        )
        self._temperature = temperature

    def forward(self, rgb: Clips, other: Clips) -> Found:
        one, two = self.head(self.body(torch.cat([rgb, other]))).chunk(2)
        return nt_xent(one, two, self._temperature)


class Ordered(nn.Module):
    """Tells in which order the frames of clips are."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.body = body
        self.head = nn.Linear(body.width, ORDERS)

    def forward(self, rgb: Clips) -> Found:
        clips, orders = in_all_orders(rgb)
        said = self.head(self.body(clips)).float()
        orders = orders.to(said.device)
        right = (said.argmax(1) == orders).float().mean()
        return {"loss": functional.cross_entropy(said, orders), "right": right}


def pretext_of(settings: PretrainSettings, body: Body, preset: Preset) -> nn.Module:
    """What the settings name; its `forward` takes sights of clips and gives `Found`.

    Raises `ConfigError`.
    """
    if settings.by == "masked":
        assert isinstance(body, Attending)
        return Masked(body, preset, settings.masked)
    if settings.by == "contrastive":
        return Contrastive(body, settings.temperature)
    if preset.frames < PARTS:
        raise ConfigError(f"frames: found {preset.frames}; allowed: {PARTS} or more, for order")
    return Ordered(body)


def tubes(clips: int, places: int, steps: int, share: float) -> Bool[Tensor, "b s*p"]:
    """Hidden places, the same at all times, as many in each clip; where they are is drawn.

    What is hidden at one time would be seen at another otherwise: little moves in most clips.
    """
    hidden = min(max(round(share * places), 1), places - 1)
    ranks = torch.rand(clips, places).argsort(1)
    return (ranks < hidden)[:, None].expand(-1, steps, -1).flatten(1)


def nt_xent(one: Float[Tensor, "b d"], two: Float[Tensor, "b d"], temperature: float) -> Found:
    """SimCLR's loss: the cosine to the other sight of the same clip against those to all others."""
    both = functional.normalize(torch.cat([one, two]).float(), dim=1)
    alike = (both @ both.T / temperature).fill_diagonal_(-torch.inf)
    partner = torch.arange(len(both), device=both.device).roll(len(one))
    right = (alike.argmax(1) == partner).float().mean()
    return {"loss": functional.cross_entropy(alike, partner), "right": right}


def in_all_orders(clips: Clips) -> tuple[Float[Tensor, "3b t 3 h w"], Int64[Tensor, " 3b"]]:
    """Each clip as filmed (0), backwards (1) and with its parts shuffled (2).

    All three of each: the orders are balanced, and nothing but the order tells them apart.
    """
    count = len(clips)
    forwards = torch.arange(clips.shape[1])
    parts = forwards.tensor_split(PARTS)
    mixed = [order for order in permutations(range(PARTS)) if list(order) not in _KNOWN]
    rows = []
    for drawn in torch.randint(len(mixed), (count,)).tolist():
        shuffled = torch.cat([parts[at] for at in mixed[drawn]])
        rows += [forwards, forwards.flip(0), shuffled]
    which = torch.arange(count).repeat_interleave(ORDERS)
    return clips[which[:, None], torch.stack(rows)], torch.arange(ORDERS).repeat(count)


_KNOWN = (list(range(PARTS)), list(range(PARTS))[::-1])
"""Orders of parts that are none when shuffled: as filmed, and nearly backwards."""
