"""The networks of lecture 4 in PyTorch, in short definitions of our own: an oracle for what is counted.

Nothing here knows `autograder.cnn.models` or a layer table. Networks are built on the "meta" device, which
knows shapes and computes nothing.
"""

from collections.abc import Iterable

import torch
from torch import nn


def parameters(net: nn.Module) -> int:
    return sum(array.numel() for array in net.parameters() if array.requires_grad)


def multiply_adds(net: nn.Module, side: int) -> int:
    """Of convolutions and linear layers for one image, counted while one runs through."""
    total = 0

    def count(layer: nn.Module, args: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        nonlocal total
        total += output.numel() * layer.weight[0].numel()  # type: ignore[union-attr,index]

    hooks = [
        layer.register_forward_hook(count)
        for layer in net.modules()
        if isinstance(layer, nn.Conv2d | nn.Linear)
    ]
    net(torch.empty(1, 3, side, side, device="meta"))
    for hook in hooks:
        hook.remove()
    return total


# ------------------------------------------------------------------------------------------- AlexNet


def alexnet(convention: str, groups: int = 2) -> nn.Module:
    if convention == "paper":
        first, rows = (
            nn.Conv2d(3, 96, 11, 4),
            [(256, 5, groups), (384, 3, 1), (384, 3, groups), (256, 3, groups)],
        )
    else:
        first, rows = nn.Conv2d(3, 64, 11, 4, 2), [(192, 5, 1), (384, 3, 1), (256, 3, 1), (256, 3, 1)]
    layers: list[nn.Module] = [first, nn.ReLU(), nn.MaxPool2d(3, 2)]
    channels = first.out_channels
    for row, (kernels, size, g) in enumerate(rows):
        layers += [nn.Conv2d(channels, kernels, size, padding="same", groups=g), nn.ReLU()]
        if row in (0, 3):
            layers.append(nn.MaxPool2d(3, 2))
        channels = kernels
    layers += [nn.Flatten(), nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU()]
    layers += [nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers)


# ----------------------------------------------------------------------------------------- GoogLeNet


class Side(nn.Module):
    """Looks at what passes by, and lets it pass."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.head(x)
        return x


class Module(nn.Module):
    """Inception."""

    def __init__(self, branches: Iterable[nn.Module]) -> None:
        super().__init__()
        self.branches = nn.ModuleList(branches)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([branch(x) for branch in self.branches], dim=1)


def googlenet(convention: str, heads: bool) -> nn.Module:
    paper = convention == "paper"

    def conv(C: int, K: int, size: int, stride: int = 1) -> nn.Module:
        layer = nn.Conv2d(C, K, size, stride, size // 2, bias=paper)
        return (
            nn.Sequential(layer, nn.ReLU()) if paper else nn.Sequential(layer, nn.BatchNorm2d(K), nn.ReLU())
        )

    def inception(C: int, a: int, b: int, c: int, d: int, e: int, f: int) -> nn.Module:
        return Module(
            [
                conv(C, a, 1),
                nn.Sequential(conv(C, b, 1), conv(b, c, 3)),
                nn.Sequential(conv(C, d, 1), conv(d, e, 5 if paper else 3)),
                nn.Sequential(nn.MaxPool2d(3, 1, 1), conv(C, f, 1)),
            ]
        )

    def head(C: int) -> nn.Module:
        pool = nn.AvgPool2d(5, 3) if paper else nn.AdaptiveAvgPool2d(4)
        classifier = nn.Sequential(nn.Linear(2048, 1024), nn.ReLU(), nn.Linear(1024, 1000))
        return (
            Side(nn.Sequential(pool, conv(C, 128, 1), nn.Flatten(), classifier)) if heads else nn.Identity()
        )

    def halved() -> nn.Module:
        return nn.MaxPool2d(3, 2, ceil_mode=True)

    return nn.Sequential(
        *(conv(3, 64, 7, 2), halved(), conv(64, 64, 1), conv(64, 192, 3), halved()),
        *(inception(192, 64, 96, 128, 16, 32, 32), inception(256, 128, 128, 192, 32, 96, 64), halved()),
        *(inception(480, 192, 96, 208, 16, 48, 64), head(512), inception(512, 160, 112, 224, 24, 64, 64)),
        *(inception(512, 128, 128, 256, 24, 64, 64), inception(512, 112, 144, 288, 32, 64, 64), head(528)),
        *(inception(528, 256, 160, 320, 32, 128, 128), halved()),
        *(inception(832, 256, 160, 320, 32, 128, 128), inception(832, 384, 192, 384, 48, 128, 128)),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000)),
    )


# -------------------------------------------------------------------------------------------- ResNet


class Block(nn.Module):
    def __init__(self, branch: nn.Module, shortcut: nn.Module) -> None:
        super().__init__()
        self.branch, self.shortcut = branch, shortcut

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.branch(x) + self.shortcut(x))


class WithZeros(nn.Module):
    """Option A."""

    def __init__(self, more: int) -> None:
        super().__init__()
        self.more = more

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, self.more))


def resnet(depth: int, convention: str) -> nn.Module:
    rows = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}[
        depth
    ]

    def conv(C: int, K: int, size: int, stride: int = 1) -> list[nn.Module]:
        return [nn.Conv2d(C, K, size, stride, size // 2, bias=False), nn.BatchNorm2d(K)]

    def block(C: int, K: int, stride: int) -> nn.Module:
        if depth < 50:
            out, branch = K, [*conv(C, K, 3, stride), nn.ReLU(), *conv(K, K, 3)]
        else:
            s, t = (stride, 1) if convention == "paper" else (1, stride)
            out = 4 * K
            branch = [*conv(C, K, 1, s), nn.ReLU(), *conv(K, K, 3, t), nn.ReLU(), *conv(K, out, 1)]
        shortcut: nn.Module = nn.Identity()
        if (C, stride) != (out, 1):
            zeros = depth < 50 and convention == "paper"
            shortcut = WithZeros(out - C) if zeros else nn.Sequential(*conv(C, out, 1, stride))
        return Block(nn.Sequential(*branch), shortcut)

    layers: list[nn.Module] = [*conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    C = 64
    for row, times in enumerate(rows):
        for number in range(times):
            layers.append(block(C, 64 << row, 2 if row and not number else 1))
            C = (64 << row) * (1 if depth < 50 else 4)
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(C, 1000))
