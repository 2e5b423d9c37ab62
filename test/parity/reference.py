"""What the parity scripts share: readers of the data sets, the networks, augmentation, the training loop and the summary.

Images travel as float32 tensors [example, channel, height, width] with pixels in 0..1, 0 being the background that augmentation
fills in. Nothing here imports Scion: these scripts are the other side of the comparison.
"""

import gzip
import json
import math
import statistics
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Batch = tuple[Tensor, Tensor]
Augment = Callable[[Tensor, torch.Generator], Tensor]


@dataclass(frozen=True)
class Examples:
    """Images in 0..1 and their labels, of the same length."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, indices) -> "Examples":
        return Examples(self.images[indices], self.labels[indices])


def read_idx(images: Path, labels: Path) -> Examples:
    """MNIST's own format, gzipped: one channel, 8 bits a pixel."""
    pixels = _read_idx_array(images)
    return Examples(torch.from_numpy(pixels).float()[:, None] / 255, torch.from_numpy(_read_idx_array(labels)).long())


def _read_idx_array(path: Path) -> np.ndarray:
    raw = gzip.decompress(path.read_bytes())
    zero, kind, rank = struct.unpack(">HBB", raw[:4])
    if (zero, kind) != (0, 8):
        raise ValueError(f"{path} is not an idx file of unsigned bytes")
    shape = struct.unpack(f">{rank}I", raw[4 : 4 + 4 * rank])
    return np.frombuffer(raw, np.uint8, offset=4 + 4 * rank).reshape(shape).copy()


def read_cifar(path: Path) -> Examples:
    """CIFAR-10's binary format: a label byte, then 1024 bytes each of red, green and blue."""
    records = np.frombuffer(path.read_bytes(), np.uint8).reshape(-1, 3073)
    return Examples(
        torch.from_numpy(records[:, 1:].reshape(-1, 3, 32, 32).copy()).float() / 255,
        torch.from_numpy(records[:, 0].copy()).long(),
    )


def resize(examples: Examples, size: int) -> Examples:
    """Bilinear, with half-pixel centres, as TensorFlow's ResizeBilinear does with `half_pixel_centers`."""
    images = F.interpolate(examples.images, (size, size), mode="bilinear", align_corners=False)
    return Examples(images, examples.labels)


def few_labels(examples: Examples, per_class: int, seed: int) -> Examples:
    """The same number of examples of each class, drawn with `seed`."""
    rng = np.random.default_rng(seed)
    labels = examples.labels.numpy()
    chosen = [rng.choice(np.flatnonzero(labels == c), per_class, replace=False) for c in np.unique(labels)]
    return examples.take(np.concatenate(chosen))


def unchanged(images: Tensor, _: torch.Generator) -> Tensor:
    return images


@dataclass(frozen=True)
class Affine:
    """Each image turned, scaled, sheared and moved about its centre, each drawn uniformly; zeros come in from outside."""

    degrees: float
    translate: float  # share of the image's side
    scale: tuple[float, float]
    shear: float  # degrees, horizontally

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        def uniform(low: float, high: float) -> Tensor:
            return torch.rand(len(images), generator=generator) * (high - low) + low

        angle = uniform(-self.degrees, self.degrees) * math.pi / 180
        shear = torch.tan(uniform(-self.shear, self.shear) * math.pi / 180)
        grow = uniform(*self.scale)
        cos, sin = torch.cos(angle) / grow, torch.sin(angle) / grow
        moves = [2 * uniform(-self.translate, self.translate) for _ in range(2)]  # the grid spans -1..1
        rows = [torch.stack([cos, cos * shear - sin, moves[0]], 1), torch.stack([sin, sin * shear + cos, moves[1]], 1)]
        grid = F.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
        return F.grid_sample(images, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


class SmallNet(nn.Module):
    """Three strided 3x3 convolutions (32, 64, 128), each with batch normalisation and ReLU, then the mean over the image.

    Takes pixels as they are, 0..1: their background is then what the convolutions pad with. Brought to -1..1 instead, every
    border is an edge, and a linear probe on other digits loses up to 18 points.
    """

    def __init__(self, channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        widths = [channels, 32, 64, 128]
        blocks: list[nn.Module] = []
        for before, after in zip(widths, widths[1:]):
            blocks += [nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False), nn.BatchNorm2d(after), nn.ReLU()]
        self.backbone = nn.Sequential(*blocks, nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.head = nn.Linear(widths[-1], classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.backbone(images))


@dataclass(frozen=True)
class Recipe:
    """Adam, its learning rate falling to 0 along half a cosine, over whole passes in batches."""

    epochs: int
    batch: int
    learning_rate: float
    augment: Augment


def pretrain(examples: Examples, recipe: Recipe, seed: int) -> SmallNet:
    """A new net, all of it trained."""
    return finetune(None, examples, recipe, seed, probe=False)


def finetune(start: SmallNet | None, examples: Examples, recipe: Recipe, seed: int, *, probe: bool) -> SmallNet:
    """A copy of `start` (None: a new net) with a new head. `probe` trains the head alone, on the backbone in evaluation mode."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    net = SmallNet()
    if start is not None:
        net.backbone.load_state_dict(start.backbone.state_dict())
    net.train(not probe)
    net.backbone.requires_grad_(not probe)
    optimizer = torch.optim.Adam([p for p in net.parameters() if p.requires_grad], recipe.learning_rate)
    steps = recipe.epochs * math.ceil(len(examples) / recipe.batch)
    train(
        net,
        optimizer,
        epochs_of(examples, recipe.batch, recipe.epochs, generator),
        augment=recipe.augment,
        generator=generator,
        schedule=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps),
    )
    return net


def epochs_of(examples: Examples, batch: int, epochs: int, generator: torch.Generator) -> Iterator[Batch]:
    """Whole passes over the examples, each in a new order; the last batch of a pass may be smaller."""
    for _ in range(epochs):
        for indices in torch.randperm(len(examples), generator=generator).split(batch):
            yield examples.images[indices], examples.labels[indices]


def train(
    net: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterator[Batch],
    *,
    augment: Augment,
    generator: torch.Generator,
    schedule: torch.optim.lr_scheduler.LRScheduler | None = None,
) -> None:
    """Cross-entropy on every batch. The caller sets which modules are in train mode."""
    for images, labels in batches:
        loss = F.cross_entropy(net(augment(images, generator)), labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if schedule is not None:
            schedule.step()


@torch.no_grad()
def accuracy(net: nn.Module, examples: Examples, batch: int = 500) -> float:
    """Percent right, in evaluation mode; the net is left in the mode it was in."""
    was_training = net.training
    net.eval()
    right = sum(
        int((net(images).argmax(1) == labels).sum())
        for images, labels in zip(examples.images.split(batch), examples.labels.split(batch))
    )
    net.train(was_training)
    return 100 * right / len(examples)


def report(**fields: object) -> None:
    """One JSON line on standard output."""
    print(json.dumps(fields), flush=True)


def summarise(name: str, values: list[float]) -> None:
    spread = statistics.stdev(values) if len(values) > 1 else 0.0
    report(summary=name, mean=round(statistics.mean(values), 2), sd=round(spread, 2), seeds=len(values), values=values)
