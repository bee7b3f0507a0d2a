"""I3D-R50: a ResNet-50 inflated into time, which others also call I3D.

Wang et al. 2018, arXiv 1711.07971: a stem of 5×7×7, and in every second block a first convolution
over three frames. Names are those of `resnet`, so that its weights can be inflated.
Legend: b clips, c channels, t frames, h and w pixels, k classes.
"""

from torch import Tensor, nn
from torch.nn import functional

OVER_TIME = ((1, 1, 1), (1, 0, 1, 0), (1, 0, 1, 0, 1, 0), (0, 1, 0))
"""Of each block: whether its first convolution sees the frames beside."""
WIDER = 4


class Bottleneck3D(nn.Module):
    """As in `resnet`, with the first convolution perhaps over three frames."""

    def __init__(self, into: int, width: int, stride: int, *, over_time: bool) -> None:
        super().__init__()
        out, frames = WIDER * width, 3 if over_time else 1
        self.conv1 = nn.Conv3d(into, width, (frames, 1, 1), padding=(frames // 2, 0, 0), bias=False)
        self.bn1 = nn.BatchNorm3d(width)
        self.conv2 = nn.Conv3d(
            width, width, (1, 3, 3), (1, stride, stride), padding=(0, 1, 1), bias=False
        )
        self.bn2 = nn.BatchNorm3d(width)
        self.conv3 = nn.Conv3d(width, out, 1, bias=False)
        self.bn3 = nn.BatchNorm3d(out)
        self.downsample = (
            nn.Sequential(
                nn.Conv3d(into, out, 1, (1, stride, stride), bias=False), nn.BatchNorm3d(out)
            )
            if stride > 1 or into != out
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu(self.bn1(self.conv1(x)))
        y = functional.relu(self.bn2(self.conv2(y)))
        return functional.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class I3DR50(nn.Module):
    """Clips (b, 3, t, h, w) to logits (b, k)."""

    def __init__(self, classes: int, *, dropout: float = 0.5) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, 64, (5, 7, 7), (1, 2, 2), padding=(2, 3, 3), bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        into = 64
        for number, over_time in enumerate(OVER_TIME):
            width, blocks = 64 * 2**number, []
            for place, sees in enumerate(over_time):
                stride = 2 if number and place == 0 else 1
                blocks.append(Bottleneck3D(into, width, stride, over_time=bool(sees)))
                into = WIDER * width
            self.add_module(f"layer{number + 1}", nn.Sequential(*blocks))
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(into, classes)

    def embed(self, clips: Tensor) -> Tensor:
        """(b, 2048): the mean over picture and time of what is seen."""
        x = functional.relu(self.bn1(self.conv1(clips)))
        x = functional.max_pool3d(x, (1, 3, 3), (1, 2, 2), padding=(0, 1, 1))
        x = self.layer1(x)
        # Half the frames from here on.
        x = functional.max_pool3d(x, (2, 1, 1), (2, 1, 1))
        for number in range(1, len(OVER_TIME)):
            x = self.get_submodule(f"layer{number + 1}")(x)
        return functional.adaptive_avg_pool3d(x, 1).flatten(1)

    def forward(self, clips: Tensor) -> Tensor:
        return self.fc(self.dropout(self.embed(clips)))
