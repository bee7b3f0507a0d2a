"""Which parameters are learnt: all, none, or a few new ones beside those that are there.

Legend: b clips, n tokens, d numbers of a token, p prompts.
"""

from collections.abc import Callable, Iterator

import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from torch.nn import functional

from vigil.core import ConfigError
from vigil.train.video.bodies import Attending, Body, Shifted
from vigil.train.video.network import ClipNetwork
from vigil.train.video.settings import VideoSettings

INSIDE = 4
"""An adapter is so many times as wide inside as a rank is large."""
AFTER = ("attention.output.dense", "attention.o_proj", "output.dense", "mlp.fc2")
"""Last lines of what a block of a transformer adds: Houlsby's adapters stand behind them."""


class Bottleneck(nn.Module):
    """Narrow, bend, widen (Houlsby et al. 2019, arXiv 1902.00751); adds nothing at first."""

    def __init__(self, width: int, inside: int, *, axis: int) -> None:
        """`axis`: where the numbers of a vector are: -1 of tokens, 1 of pictures and clips."""
        super().__init__()
        self.down, self.up = nn.Linear(width, inside), nn.Linear(inside, width)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)
        self._axis = axis

    def forward(self, x: Tensor) -> Tensor:
        narrow = functional.gelu(self.down(x.movedim(self._axis, -1)))
        return self.up(narrow).movedim(-1, self._axis)


class OverTime(nn.Module):
    """ST-Adapter (Pan et al. 2022, arXiv 2206.13559): narrow, look around in time, widen.

    A filter a channel over three moments and the places around; adds nothing at first.
    """

    def __init__(
        self, width: int, inside: int, *, laid: Callable[[Tensor], Tensor],
        back: Callable[[Tensor, Tensor], Tensor],
    ) -> None:  # fmt: skip
        """`laid`: to (b, t, h, w, d); `back`: the way back, beside what came."""
        super().__init__()
        self.down, self.up = nn.Linear(width, inside), nn.Linear(inside, width)
        self.around = nn.Conv3d(inside, inside, 3, padding=1, groups=inside)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)
        self._laid, self._back = laid, back

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.down(self._laid(x)).movedim(-1, 1)
        seen = self.up(self.around(narrow).movedim(1, -1))
        return self._back(seen, x)


class Beside(nn.Module):
    """What a module says, and what an adapter adds to it (`after`) or to what comes in."""

    def __init__(self, net: nn.Module, adapter: nn.Module, *, after: bool) -> None:
        super().__init__()
        self.net, self.adapter, self._after = net, adapter, after

    def forward(self, x: Tensor, *more: Tensor, **named: object) -> Tensor:
        if self._after:
            said = self.net(x, *more, **named)
            added: Tensor = said + self.adapter(said)
            return added
        told: Tensor = self.net(x + self.adapter(x), *more, **named)
        return told


class Prompted(nn.Module):
    """Visual prompts (Jia et al. 2022, arXiv 2203.12119): learnt tokens after those of a clip.

    Stands around the embeddings, and around layers whose prompts begin anew (`anew`).
    """

    def __init__(self, net: nn.Module, width: int, count: int, *, anew: bool) -> None:
        super().__init__()
        self.net, self._anew = net, anew
        self.prompts = nn.Parameter(torch.empty(1, count, width).uniform_(-0.1, 0.1))

    def forward(self, x: Tensor, *more: Tensor, **named: object) -> Tensor:
        if self._anew:
            count = self.prompts.shape[1]
            x = torch.cat([x[:, :-count], self.prompts.expand(len(x), -1, -1)], 1)
            said: Tensor = self.net(x, *more, **named)
            return said
        tokens = self.net(x, *more, **named)
        return torch.cat([tokens, self.prompts.expand(len(tokens), -1, -1)], 1)


class Unprompted(nn.Module):
    """The last layer, without what was said of prompts."""

    def __init__(self, net: nn.Module, count: int) -> None:
        super().__init__()
        self.net, self._count = net, count

    def forward(self, x: Tensor, *more: Tensor, **named: object) -> Tensor:
        said: Tensor = self.net(x, *more, **named)
        return said[:, : -self._count]


def adapt(network: ClipNetwork, settings: VideoSettings) -> None:
    """Freeze and add what the mode says. Sound and heads are learnt in any mode.

    Raises `ConfigError` where a mode does not fit the network.
    """
    for stream, body in network.bodies.items():
        if not isinstance(body, Body):
            continue
        own = settings.of(stream)
        if own.mode == "full":
            if own.weights and isinstance(body, Shifted):
                body.network.freeze_norms()
            continue
        body.requires_grad_(False)
        _ADDED[own.mode](body, own)


def learnt_parameters(network: nn.Module) -> tuple[int, int]:
    """How many are learnt, and how many there are."""
    sizes = [(each.numel(), each.requires_grad) for each in network.parameters()]
    return sum(size for size, learnt in sizes if learnt), sum(size for size, _ in sizes)


def settle(network: ClipNetwork, settings: VideoSettings) -> None:
    """Before a step: what is frozen does not even move its means."""
    if settings.mode != "full":
        for body in network.bodies.values():
            for part in body.modules() if isinstance(body, Body) else ():
                if isinstance(part, nn.modules.batchnorm._BatchNorm):
                    part.eval()
    else:
        for stream, body in network.bodies.items():
            if settings.of(stream).weights and isinstance(body, Shifted):
                body.network.freeze_norms()


def depth_shares(network: ClipNetwork, layer_decay: float) -> Callable[[str], float]:
    """Share of the rate by a parameter's name: the last block has most (Clark et al. 2020)."""
    depths: dict[str, float] = {}
    names = {parameter: name for name, parameter in network.named_parameters()}
    for body in network.bodies.values():
        if isinstance(body, Body):
            blocks = body.blocks()
            for number, block in enumerate(blocks):
                share = layer_decay ** (len(blocks) - number)
                depths |= {names[each]: share for each in block.parameters()}

    def share_of_rate(name: str) -> float:
        return depths.get(name.removeprefix("network."), 1.0)

    return share_of_rate


def _nothing(_body: Body, _settings: VideoSettings) -> None:
    pass


def _lora(body: Body, settings: VideoSettings) -> None:
    """Low-rank updates beside all lines, or all convolutions where there are none (Hu 2021)."""
    kinds: tuple[type[nn.Module], ...] = (nn.Linear,)
    if not isinstance(body, Attending):
        kinds = (nn.Conv2d, nn.Conv3d)
    names = [
        name
        for name, each in body.named_modules()
        if isinstance(each, kinds) and getattr(each, "groups", 1) == 1
    ]
    config = LoraConfig(r=settings.rank, lora_alpha=2 * settings.rank, target_modules=names)
    inject_adapter_in_model(config, body)


def _bottlenecks(body: Body, settings: VideoSettings) -> None:
    inside = INSIDE * settings.rank
    if isinstance(body, Attending):
        for layer in body.blocks()[1:]:
            lines = [name for name, _ in layer.named_modules() if name in AFTER]
            for name in lines:
                line = layer.get_submodule(name)
                assert isinstance(line, nn.Linear)
                adapter = Bottleneck(line.out_features, inside, axis=-1)
                layer.set_submodule(name, Beside(line, adapter, after=True))
        return
    for name, block, width in _conv_blocks(body):
        adapter = Bottleneck(width, inside, axis=1)
        body.set_submodule(name, Beside(block, adapter, after=True))


def _over_time(body: Body, settings: VideoSettings) -> None:
    inside = INSIDE * settings.rank
    if isinstance(body, Attending):
        for name, layer in _named_blocks(body)[1:]:
            adapter = OverTime(body.width, inside, laid=_laid(body), back=_unlaid(body))
            body.set_submodule(name, Beside(layer, adapter, after=False))
        return
    frames = body.frames if isinstance(body, Shifted) else None
    for name, block, width in _conv_blocks(body):
        adapter = OverTime(width, inside, laid=_laid_maps(frames), back=_unlaid_maps(frames))
        body.set_submodule(name, Beside(block, adapter, after=True))


def _prompts(body: Body, settings: VideoSettings) -> None:
    if not isinstance(body, Attending) or body.kind not in ("videomae", "vivit"):
        raise ConfigError(
            f"mode: {settings.mode}, with {settings.network}; allowed with: videomae, vivit, "
            "where every token sees every other"
        )
    named = _named_blocks(body)
    count, anew = settings.rank, settings.mode == "prefix"
    (first, embeddings), *layers = named
    for at, (name, layer) in enumerate(layers):
        wrapped = layer
        if at == len(layers) - 1:
            wrapped = Unprompted(wrapped, count)
        if anew and at:
            wrapped = Prompted(wrapped, body.width, count, anew=True)
        if wrapped is not layer:
            body.set_submodule(name, wrapped)
    body.set_submodule(first, Prompted(embeddings, body.width, count, anew=False))


_ADDED: dict[str, Callable[[Body, VideoSettings], None]] = {
    "frozen": _nothing,
    "lora": _lora,
    "adapter": _bottlenecks,
    "st-adapter": _over_time,
    "prompt": _prompts,
    "prefix": _prompts,
}


def _named_blocks(body: Body) -> list[tuple[str, nn.Module]]:
    names = {id(each): name for name, each in body.named_modules()}
    return [(names[id(block)], block) for block in body.blocks()]


def _conv_blocks(body: Body) -> Iterator[tuple[str, nn.Module, int]]:
    """Blocks after the first with the number of channels that they give."""
    for name, block in _named_blocks(body)[1:]:
        widths = {}

        def note(_module: nn.Module, _given: object, said: Tensor) -> None:
            widths["channels"] = said.shape[1]  # noqa: B023  read before the next block

        hook = block.register_forward_hook(note)
        was = body.training
        with torch.no_grad():
            shape = (1, body.frames, body.channels, body.side, body.side)
            body.eval().rows(torch.zeros(shape))
        body.train(was)
        hook.remove()
        yield name, block, widths["channels"]


def _laid(body: Attending) -> Callable[[Tensor], Tensor]:
    def laid(tokens: Tensor) -> Tensor:
        times, places, first = _grid(body, tokens)
        inner = tokens[:, first:]
        if body.kind == "timesformer":
            return inner.unflatten(1, (places, places, times)).movedim(3, 1)
        return inner.unflatten(1, (times, places, places))

    return laid


def _unlaid(body: Attending) -> Callable[[Tensor, Tensor], Tensor]:
    def back(grid: Tensor, tokens: Tensor) -> Tensor:
        _, _, first = _grid(body, tokens)
        flat = (grid.movedim(1, 3) if body.kind == "timesformer" else grid).flatten(1, 3)
        return torch.cat([torch.zeros_like(tokens[:, :first]), flat], 1)

    return back


def _grid(body: Attending, tokens: Tensor) -> tuple[int, int, int]:
    """Moments, places a side, and tokens that stand for the whole clip."""
    config = body.network.network.config
    patch = config.tubelet_size[1] if body.kind == "vivit" else config.patch_size
    places = body.side // patch
    times = tokens.shape[1] // places**2
    return times, places, tokens.shape[1] - times * places**2


def _laid_maps(frames: int | None) -> Callable[[Tensor], Tensor]:
    """(b, d, t, h, w), or (b · t, d, h, w) where there are `frames`, to (b, t, h, w, d)."""

    def laid(maps: Tensor) -> Tensor:
        if frames is None:
            return maps.movedim(1, -1)
        return maps.unflatten(0, (-1, frames)).movedim(2, -1)

    return laid


def _unlaid_maps(frames: int | None) -> Callable[[Tensor, Tensor], Tensor]:
    def back(grid: Tensor, _maps: Tensor) -> Tensor:
        return grid.movedim(-1, 1) if frames is None else grid.movedim(-1, 2).flatten(0, 1)

    return back
