"""TSM: a picture network that sees time, because some channels come from the frames beside.

Lin et al. 2018, arXiv 1811.08383. Before the first convolution of each residual branch an eighth of
the channels is taken from the next frame and an eighth from the one before: no parameter and no
multiplication more. A **causal** network takes only from the past; frame by frame, with what was
held of the last one, it then says what it says of a whole clip, at the price of one picture.

Legend: b clips, t frames, n = b · t pictures, c channels, k classes.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from vigil.models.mobilenet_v2 import MobileNetV2
from vigil.models.resnet import ResNet

SHARE = 8
"""One channel in so many comes from each side."""
DEEP = 23
"""Stages with so many blocks shift in every second one only."""
Held = list[Tensor]
"""What each place of shifting keeps of the last frame, (b, c / 8, h, w) each."""


class Time:
    """How the pictures of a batch lie in time, while a network runs."""

    def __init__(self) -> None:
        self.frames = 1
        self.held: Held | None = None
        """Of the last frame, place by place; None: there are clips, and no stream."""
        self.holding: Held = []
        """Of this one."""


class Shift(nn.Module):
    """Mixes time into the channels, then does what the convolution did that it stands before."""

    def __init__(self, net: nn.Module, time: Time, *, causal: bool) -> None:
        super().__init__()
        self.net = net
        self._time = time
        self._causal = causal

    def forward(self, x: Tensor) -> Tensor:  # (n, c, h, w)
        time = self._time
        if time.held is None:
            return self.net(shifted(x, time.frames, causal=self._causal))
        fold = x.shape[1] // SHARE
        before = time.held[len(time.holding)]
        time.holding.append(x[:, :fold])
        return self.net(torch.cat([before, x[:, fold:]], 1))


def shifted(x: Tensor, frames: int, *, causal: bool) -> Tensor:
    """(b · t, c, h, w) with channels of the frames beside; zeros beyond a clip's ends.

    The first eighth comes from the next frame and the second from the one before; `causal`: the
    first from the one before, and nothing from the next.
    """
    clips = x.unflatten(0, (-1, frames))
    fold = clips.shape[2] // SHARE
    nothing = torch.zeros_like(clips[:, :1, :fold])
    if causal:
        earlier = torch.cat([nothing, clips[:, :-1, :fold]], 1)
        return torch.cat([earlier, clips[:, :, fold:]], 2).flatten(0, 1)
    later = torch.cat([clips[:, 1:, :fold], nothing], 1)
    earlier = torch.cat([nothing, clips[:, :-1, fold : 2 * fold]], 1)
    return torch.cat([later, earlier, clips[:, :, 2 * fold :]], 2).flatten(0, 1)


class TSM(nn.Module):
    """Clips (b, t, 3, h, w) to logits (b, k): the mean of what is said of each frame."""

    def __init__(self, base: ResNet | MobileNetV2, *, causal: bool = False) -> None:
        """`base` becomes a part of it: its convolutions are shifted from now on."""
        super().__init__()
        self.base = base
        self.causal = causal
        self._time = Time()
        self.places = _shift_resnet(base, self._wrap) if isinstance(base, ResNet) else (
            _shift_mobilenet(base, self._wrap)
        )  # fmt: skip
        """Where it shifts: so many."""

    def forward(self, clips: Tensor) -> Tensor:
        self._time.frames, self._time.held = clips.shape[1], None
        return self.base(clips.flatten(0, 1)).unflatten(0, clips.shape[:2]).mean(1)

    def embed(self, clips: Tensor) -> Tensor:
        """(b, t, d): what is seen in each frame, pooled over the picture."""
        self._time.frames, self._time.held = clips.shape[1], None
        return self.base.embed(clips.flatten(0, 1)).unflatten(0, clips.shape[:2])

    def step(self, frame: Tensor, held: Held) -> tuple[Tensor, Held]:
        """What is said of one frame (b, 3, h, w), and what to hold for the next one.

        Begin with `nothing_held`. Raises `ValueError` for a network that looks ahead.
        """
        if not self.causal:
            raise ValueError("this network looks at the next frame; streams need causal=True")
        time = self._time
        time.held, time.holding = held, []
        try:
            return self.base(frame), time.holding
        finally:
            time.held, time.holding = None, []

    @torch.no_grad()
    def nothing_held(self, frame: Tensor) -> Held:
        """Zeros, as before the first frame of a clip; `frame` gives size and device."""
        time = self._time
        shapes: Held = []

        def note(module: nn.Module, given: tuple[Tensor, ...]) -> None:
            x = given[0]
            shapes.append(torch.zeros_like(x[:, : x.shape[1] // SHARE]))

        hooks = [
            each.register_forward_pre_hook(note)
            for each in self.modules()
            if isinstance(each, Shift)
        ]
        training = self.base.training
        time.frames, time.held = 1, None
        try:
            self.base.eval()(frame)
        finally:
            self.base.train(training)
            for hook in hooks:
                hook.remove()
        return shapes

    def freeze_norms(self) -> None:
        """Partial batch norm: all but the first keep their means while it is fine-tuned."""
        norms = [each for each in self.modules() if isinstance(each, nn.BatchNorm2d)]
        for norm in norms[1:]:
            norm.eval()
            norm.weight.requires_grad_(False)
            norm.bias.requires_grad_(False)

    def _wrap(self, net: nn.Module) -> Shift:
        return Shift(net, self._time, causal=self.causal)


class Streaming(nn.Module):
    """What the watch opens: a frame and what was held in; logits and what to hold out."""

    def __init__(self, network: TSM) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor, *held: Tensor) -> tuple[Tensor, ...]:
        logits, holding = self.network.step(frame, list(held))
        return (logits, *holding)


def of_the_last(said: Sequence[Tensor]) -> Tensor:
    """What a stream says of its last frames together, as a clip of them would."""
    return torch.stack(list(said), 1).mean(1)


def _shift_resnet(base: ResNet, wrap: Callable[[nn.Module], Shift]) -> int:
    stages = base.blocks()
    step = 2 if len(stages[2]) >= DEEP else 1
    chosen = [block for blocks in stages for block in blocks[::step]]
    for block in chosen:
        block.conv1 = wrap(block.conv1)
    return len(chosen)


def _shift_mobilenet(base: MobileNetV2, wrap: Callable[[nn.Module], Shift]) -> int:
    chosen = base.residuals()
    for block in chosen:
        block.conv[0] = wrap(block.conv[0])
    return len(chosen)
