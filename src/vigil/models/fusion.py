"""What a clip shows, how it moves, how it sounds and what is said of it, as one.

Each kind of evidence (RGB, flow, audio, text) comes as a vector; any of them may be missing, of
some clips of a batch or of all. Legend: b clips, m kinds, d numbers of a vector, k classes.
"""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

Evidence = Mapping[str, Tensor]
"""By kind: (b, d of that kind). A row of NaN: missing for that clip."""


class Aligned(nn.Module):
    """Vectors of all kinds brought to one length, with a mark of what is there."""

    def __init__(self, widths: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.kinds = tuple(widths)
        self.into = nn.ModuleDict(
            {kind: nn.Sequential(nn.Linear(each, width), nn.LayerNorm(width))
             for kind, each in widths.items()}
        )  # fmt: skip
        self.width = width

    def forward(self, evidence: Evidence) -> tuple[Tensor, Tensor]:
        """(b, m, d), zeros where nothing is there, and (b, m): whether something is.

        Raises `ValueError` for kinds that it does not know, or when nothing comes at all.
        """
        unknown = sorted(set(evidence) - set(self.kinds))
        if unknown or not evidence:
            found = ", ".join(unknown) or "nothing"
            raise ValueError(f"evidence: {found}; allowed: {', '.join(self.kinds)}")
        some = next(iter(evidence.values()))
        rows, there = [], []
        for kind in self.kinds:
            given = evidence.get(kind)
            if given is None:
                rows.append(some.new_zeros(len(some), self.width))
                there.append(torch.zeros(len(some), dtype=torch.bool, device=some.device))
                continue
            whole = ~given.isnan().any(1)
            rows.append(self.into[kind](torch.nan_to_num(given)) * whole[:, None])
            there.append(whole)
        return torch.stack(rows, 1), torch.stack(there, 1)


class WeightedFusion(nn.Module):
    """The weighted mean of what is there (b, d). Weights are learnt, or given and kept."""

    def __init__(
        self, widths: Mapping[str, int], width: int, *, weights: Mapping[str, float] | None = None
    ) -> None:
        super().__init__()
        self.aligned = Aligned(widths, width)
        start = torch.zeros(len(widths))
        if weights is not None:
            start = torch.tensor([weights[kind] for kind in widths]).log()
        self.logs = nn.Parameter(start, requires_grad=weights is None)
        self.width = width

    def forward(self, evidence: Evidence) -> Tensor:
        vectors, there = self.aligned(evidence)
        shares = _shares(self.logs.expand(len(there), -1), there)
        return (vectors * shares[..., None]).sum(1)


class Concatenation(nn.Module):
    """All side by side (b, m · d); a learnt vector stands for what is missing."""

    def __init__(self, widths: Mapping[str, int], width: int) -> None:
        super().__init__()
        self.aligned = Aligned(widths, width)
        self.absent = nn.Parameter(torch.zeros(len(widths), width))
        self.width = width * len(widths)

    def forward(self, evidence: Evidence) -> Tensor:
        vectors, there = self.aligned(evidence)
        return torch.where(there[..., None], vectors, self.absent).flatten(1)


class CrossAttention(nn.Module):
    """Each kind asks the others (Vaswani et al. 2017, arXiv 1706.03762); the mean of all there."""

    def __init__(self, widths: Mapping[str, int], width: int, *, heads: int = 4) -> None:
        super().__init__()
        self.aligned = Aligned(widths, width)
        self.which = nn.Parameter(0.02 * torch.randn(len(widths), width))
        self.attend = nn.MultiheadAttention(width, heads, batch_first=True)
        self.norm = nn.LayerNorm(width)
        self.width = width

    def forward(self, evidence: Evidence) -> Tensor:
        vectors, there = self.aligned(evidence)
        marked = vectors + self.which
        # A clip of which nothing is there has nobody to ask: it asks itself.
        nobody = ~there.any(1, keepdim=True)
        heard, _ = self.attend(marked, marked, marked, key_padding_mask=~(there | nobody))
        shares = _shares(torch.zeros_like(there, dtype=vectors.dtype), there)
        return (self.norm(marked + heard) * shares[..., None]).sum(1)


def late(said: Sequence[Tensor | None], weights: Sequence[float] | None = None) -> Tensor:
    """Probabilities (b, k) of several models together: the weighted mean of those that said one.

    Each (b, k), or None for a model that was not asked; a row of NaN: nothing said of that clip,
    and a row of zeros where nobody said anything.
    """
    given = [each for each in said if each is not None]
    if not given:
        raise ValueError("nobody said anything")
    chosen = [1.0] * len(said) if weights is None else list(weights)
    shares = torch.tensor(
        [share for share, each in zip(chosen, said, strict=True) if each is not None]
    )
    stacked = torch.stack(given, 1)
    there = ~stacked.isnan().any(2)
    weight = _shares(shares.log().expand(len(stacked), -1), there)
    return (torch.nan_to_num(stacked) * weight[..., None]).sum(1)


def _shares(logs: Tensor, there: Tensor) -> Tensor:
    """(b, m), a sum of 1 over what is there; zeros where nothing is."""
    least = torch.finfo(logs.dtype).min
    return functional.softmax(logs.masked_fill(~there, least), 1) * there
