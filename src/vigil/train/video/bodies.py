"""Networks by name, behind one pair of methods: a clip in, a row of vectors out.

Each takes what a batch holds and normalises it as it was published, so that whoever exports a body
exports its normalisation. Legend: b clips, t frames, c channels, n moments, d numbers of a vector.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint
from transformers import AutoConfig, AutoModelForVideoClassification

from vigil.core import ConfigError, ModelError
from vigil.models.i3d import FEATURES, I3D, SMALLEST
from vigil.models.i3d_r50 import I3DR50
from vigil.models.mobilenet_v2 import MobileNetV2
from vigil.models.resnet import ResNet
from vigil.models.tsm import TSM
from vigil.models.video_transformer import SMALL, VideoTransformer
from vigil.train.video.presets import (
    PRESETS,
    PRETRAINED,
    Preset,
    checkpoint_preset,
    pretrained_preset,
)
from vigil.train.video.settings import VideoSettings

FLOW = 2
"""Channels of flow."""
DEEP_ENOUGH = 0.5
"""Share of a network's weights that a file must have to be weights of that network."""
MEL_WIDTH = 128
PIXELS = 255.0


class Body(nn.Module, ABC):
    """A network without its last layer. RGB (b, t, 3, h, w) is 0 to 255; flow has 2, ±1."""

    mean: Tensor
    spread: Tensor

    def __init__(self, preset: Preset, width: int, *, channels: int) -> None:
        super().__init__()
        self.frames, self.side, self.width, self.channels = (
            preset.frames, preset.side, width, channels
        )  # fmt: skip
        mean, spread = (preset.mean, preset.spread) if channels == 3 else ((0.0,) * 2, (1.0,) * 2)
        shape = (1, 1, channels, 1, 1)
        self.register_buffer("mean", torch.tensor(mean).reshape(shape), persistent=False)
        self.register_buffer("spread", torch.tensor(spread).reshape(shape), persistent=False)
        self.norm: nn.Module = nn.Identity()
        self.again = False
        """Whether blocks are computed again when the gradient needs them."""

    def rows(self, clips: Tensor) -> Tensor:
        """(b, n, d): what is seen, moment by moment."""
        scaled = clips.float() / PIXELS if self.channels == 3 else clips.float()
        return self.seen((scaled - self.mean) / self.spread)

    def forward(self, clips: Tensor) -> Tensor:
        """(b, d): the mean over the moments."""
        return self.norm(self.rows(clips).mean(1))

    @abstractmethod
    def seen(self, clips: Tensor) -> Tensor:
        """What the kind of network says of normalised clips, as `rows`."""

    @abstractmethod
    def blocks(self) -> list[nn.Module]:
        """Its parts in order, from the pictures to the vectors."""

    def remember_less(self) -> None:
        """Gradient checkpointing (Chen et al. 2016, arXiv 1604.06174), block by block."""
        for block in self.blocks():
            block.forward = _forgetful(block.forward)


class Convolved(Body):
    """I3D and I3D-R50: time is an axis of the convolutions."""

    def __init__(self, network: I3D | I3DR50, preset: Preset, *, channels: int) -> None:
        inception = isinstance(network, I3D)
        width = FEATURES if inception else network.fc.in_features
        super().__init__(preset, width, channels=channels)
        self.network = network
        # The head is another's; the name stays, as a place without weights.
        setattr(network, "logits" if inception else "fc", nn.Identity())

    def seen(self, clips: Tensor) -> Tensor:
        seen = self.network.embed(clips.transpose(1, 2))
        return seen.transpose(1, 2) if seen.dim() == 3 else seen[:, None]

    def blocks(self) -> list[nn.Module]:
        if isinstance(self.network, I3D):
            named = self.network.named_children()
            return [part for name, part in named if name.startswith(("Conv", "Mixed"))]
        stages = [getattr(self.network, f"layer{at}") for at in range(1, 5)]
        return [self.network.conv1, *(block for stage in stages for block in stage)]


class Shifted(Body):
    """TSM: pictures one by one, with channels of the ones beside."""

    def __init__(self, network: TSM, preset: Preset, *, channels: int) -> None:
        super().__init__(preset, network.base.width, channels=channels)
        self.network = network
        setattr(network.base, *_no_head(network.base))

    def seen(self, clips: Tensor) -> Tensor:
        return self.network.embed(clips)

    def blocks(self) -> list[nn.Module]:
        base = self.network.base
        if isinstance(base, MobileNetV2):
            return list(base.features)
        return [base.conv1, *(block for stage in base.blocks() for block in stage)]


class Attending(Body):
    """TimeSformer, ViViT, VideoMAE, and what else opens from a checkpoint's folder."""

    def __init__(self, network: VideoTransformer, preset: Preset, *, channels: int) -> None:
        super().__init__(preset, network.width, channels=channels)
        self.network = network
        inside = network.network
        # VideoMAE normalises the mean, the others each token.
        self.norm = getattr(inside, "fc_norm", None) or nn.Identity()
        inside.classifier, inside.fc_norm = nn.Identity(), None

    @property
    def kind(self) -> str:
        """The library's name of the architecture."""
        return str(self.network.network.config.model_type)

    def seen(self, clips: Tensor) -> Tensor:
        tokens = self.network.tokens(clips)
        config = self.network.network.config
        patch = config.tubelet_size[1] if self.kind == "vivit" else config.patch_size
        places = (self.side // patch) ** 2
        first = tokens.shape[1] % places  # one stands for the whole clip, or none does
        tokens = tokens[:, first:]
        if self.kind == "timesformer":
            return tokens.unflatten(1, (places, -1)).mean(1)  # place by place, time inside
        return tokens.unflatten(1, (-1, places)).mean(2)

    def blocks(self) -> list[nn.Module]:
        base = self.network.network.base_model
        layers = base.layers if hasattr(base, "layers") else base.encoder.layer
        return [base.embeddings, *layers]


class Hearing(nn.Module):
    """Log-mel rows (b, t, mels) to vectors (b, d): four convolutions, the mean and the maximum."""

    def __init__(self, width: int = MEL_WIDTH) -> None:
        super().__init__()
        sizes = [1, width // 8, width // 4, width // 2, width // 2]
        self.layers = nn.Sequential(
            *(
                nn.Sequential(
                    nn.Conv2d(into, out, 3, stride=2, padding=1, bias=False),
                    nn.BatchNorm2d(out),
                    nn.ReLU(),
                )
                for into, out in pairwise(sizes)
            )
        )
        self.width = width

    def forward(self, mel: Tensor) -> Tensor:
        # Whisper's range: eight decades below the loudest, to about -1 ... 1.
        loudest = mel.amax((1, 2), keepdim=True)
        scaled = (torch.maximum(mel, loudest - 8.0) + 4.0) / 4.0
        found = self.layers(scaled[:, None])
        return torch.cat([found.mean((2, 3)), found.amax((2, 3))], 1)


def preset_of(settings: VideoSettings) -> Preset:
    """Sizes and normalisation: the checkpoint's where one is named, then those of the settings.

    Raises `ConfigError` for what the network cannot take.
    """
    usual = PRESETS[settings.network]
    folder = Path(settings.weights)
    pretrained = bool(settings.weights) and (folder / PRETRAINED).is_file()
    if pretrained:
        usual = pretrained_preset(folder, settings.network)
    elif settings.weights and (folder / "config.json").is_file() and settings.network in SMALL:
        usual = checkpoint_preset(folder, usual)
    made = Preset(
        frames=settings.frames or usual.frames,
        side=settings.side or usual.side,
        mean=usual.mean,
        spread=usual.spread,
    )
    if pretrained and settings.network in SMALL and made != usual:
        # Their places in space and time are learnt, or counted through: they cannot be stretched.
        raise ConfigError(
            f"{folder}: weights for {usual.frames} frames of {usual.side}; found {made.frames} of "
            f"{made.side}; leave out frames and side"
        )
    for stream in settings.streams:
        _check_sizes(settings.of(stream).network, made)
    return made


def _check_sizes(network: str, made: Preset) -> None:
    low, short, _ = SMALLEST
    if network == "i3d" and (made.frames < low or made.side < short):
        raise ConfigError(f"i3d: {made.frames} frames of {made.side}; allowed: {low}, {short} up")
    if network in SMALL and made.side % 16:
        raise ConfigError(f"{network}: side {made.side}; allowed: a multiple of 16")
    if network in ("vivit", "videomae", "i3d-r50") and made.frames % 2:
        raise ConfigError(f"{network}: {made.frames} frames; allowed: an even number")


def body_of(
    settings: VideoSettings, preset: Preset, *, channels: int = 3,
    config: Mapping[str, Any] | None = None,
) -> Body:  # fmt: skip
    """The network that the settings name, with its first weights.

    Weights of another number of channels begin as the mean over colours (TSN's rule, Wang et al.
    2016). `config`: of a network of transformers that is made again, whatever the preset says.
    Raises `ModelError` for weights that are not of that network.
    """
    name = settings.network
    if config is not None:
        made = AutoModelForVideoClassification.from_config(AutoConfig.for_model(**config))
        return Attending(VideoTransformer(made), preset, channels=channels)
    body = _MADE[name](settings, preset, channels)
    if settings.weights:
        _begin(body, Path(settings.weights), name)
    return body


def weights_in(path: Path) -> dict[str, Tensor]:
    """Tensors of a file, or of a folder's `model.safetensors`; raises `ModelError`.

    Of files of torch only tensors are read: nothing in them is run.
    """
    file = path / "model.safetensors" if path.is_dir() else path
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        found = torch.load(file, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, RuntimeError, ValueError, EOFError) as error:
        raise ModelError(f"{file}: no weights that can be read ({_short(error)})") from error
    except Exception as error:  # pickle's own errors have no common base
        raise ModelError(f"{file}: holds more than weights ({_short(error)})") from error
    found = found.get("state_dict", found) if isinstance(found, dict) else {}
    return {name: value for name, value in found.items() if isinstance(value, Tensor)}


def _inception(_: VideoSettings, preset: Preset, channels: int) -> Body:
    return Convolved(I3D(1, channels=channels), preset, channels=channels)


def _inflated(_: VideoSettings, preset: Preset, channels: int) -> Body:
    network = I3DR50(1)
    for each in network.modules():
        if isinstance(each, nn.Conv3d):
            nn.init.kaiming_normal_(each.weight, mode="fan_out", nonlinearity="relu")
    network.conv1 = _recoloured(network.conv1, channels)
    return Convolved(network, preset, channels=channels)


def _shifting(settings: VideoSettings, preset: Preset, channels: int) -> Body:
    base = ResNet(1) if settings.network == "tsm-r50" else MobileNetV2(1)
    if isinstance(base, ResNet):
        base.conv1 = _recoloured(base.conv1, channels)
    else:
        base.features[0][0] = _recoloured(base.features[0][0], channels)
    return Shifted(TSM(base, causal=settings.causal), preset, channels=channels)


def _attending(settings: VideoSettings, preset: Preset, channels: int) -> Body:
    network = VideoTransformer.small(
        settings.network, 1, image_size=preset.side, num_frames=preset.frames, num_channels=channels
    )
    return Attending(network, preset, channels=channels)


_MADE: Mapping[str, Callable[[VideoSettings, Preset, int], Body]] = {
    "i3d": _inception, "i3d-r50": _inflated, "tsm-r50": _shifting, "tsm-mobilenet": _shifting,
    "timesformer": _attending, "vivit": _attending, "videomae": _attending,
}  # fmt: skip


def _recoloured(first: nn.Module, channels: int) -> nn.Module:
    """The first convolution for another number of channels."""
    assert isinstance(first, nn.Conv2d | nn.Conv3d)
    if first.in_channels == channels:
        return first
    other = type(first)(
        channels, first.out_channels, first.kernel_size, first.stride, first.padding, bias=False
    )
    nn.init.kaiming_normal_(other.weight, mode="fan_out", nonlinearity="relu")
    return other


def _no_head(base: ResNet | MobileNetV2) -> tuple[str, nn.Module]:
    return ("fc" if isinstance(base, ResNet) else "classifier"), nn.Identity()


def _begin(body: Body, path: Path, name: str) -> None:
    if isinstance(body, Attending) and (path / "config.json").is_file() and body.channels == 3:
        opened = VideoTransformer.opened(path)
        if opened.network.config.model_type != name:
            found = opened.network.config.model_type
            raise ModelError(f"{path}: a checkpoint of {found}; the network is {name}")
        fresh = Attending(opened, PRESETS[name], channels=3)
        body.network, body.norm = fresh.network, fresh.norm
        body.frames, body.side, body.width = opened.frames, opened.side, opened.width
        return
    own = body.state_dict()
    plain = {_plain(each): each for each in own}
    fitting = {}
    for each, value in weights_in(path).items():
        place = plain.get(_plain(each))
        fitted = None if place is None else _fitted(value, own[place])
        if place is not None and fitted is not None:
            fitting[place] = fitted
    if len(fitting) < DEEP_ENOUGH * len(own):
        raise ModelError(
            f"{path}: {len(fitting)} of the {len(own)} tensors of {name} are in it; is it that?"
        )
    body.load_state_dict(own | fitting)


def _plain(name: str) -> str:
    """A parameter's name without the names of what is around it."""
    for around in ("module.", "bodies.rgb.", "bodies.flow.", "network.", "base.", "model."):
        name = name.removeprefix(around)
    name = name.removeprefix("network.").removeprefix("base.")
    return name.replace(".net.", ".").replace("base_layer.", "")


def _fitted(value: Tensor, wanted: Tensor) -> Tensor | None:
    """Weights in the shape that is wanted: inflated in time, or of other colours; None: no way."""
    if value.dim() == 4 and wanted.dim() == 5:
        value = value[:, :, None].repeat(1, 1, wanted.shape[2], 1, 1) / wanted.shape[2]
    same = value.shape[2:] == wanted.shape[2:] and value.shape[:1] == wanted.shape[:1]
    if same and value.dim() >= 4 and value.shape[1] == 3 and wanted.shape[1] == FLOW:
        value = value.mean(1, keepdim=True).repeat_interleave(FLOW, 1)
    return value.to(wanted.dtype) if value.shape == wanted.shape else None


def _forgetful(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def again(*given: Tensor, **named: object) -> Tensor:
        if not torch.is_grad_enabled():
            return forward(*given, **named)
        done: Tensor = checkpoint(forward, *given, use_reentrant=False, **named)
        return done

    return again


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120]
