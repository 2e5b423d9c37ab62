"""The reference listing in PyTorch: a small convolutional net on a CIFAR-10 subset, ten epochs.

Scion's backbone `reference-net`, trained by the same recipe, must reach the same mean test accuracy within 3 points.

Recipe: conv 3x3 64, ReLU, conv 3x3 128, ReLU, max-pool 2, spatial dropout .25, fc 1024, ReLU, dropout .5, fc 512, ReLU, fc 10;
flip, random crop 32 with padding 4, normalise .5; batch 100, SGD lr .001 momentum .9, cross-entropy, PyTorch's own initialisation.

    python test/parity/reference_net.py --data ../shared/data/cifar10/subset --seeds 0 1 2

Expected with 5,000 training and 1,000 test images: 27 to 30 % (README.md). Six to eight minutes a seed on 2 idle cores.
"""

import argparse
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from reference import Examples, accuracy, epochs_of, read_cifar, report, summarise, train
from torch import Tensor, nn

EPOCHS = 10
BATCH = 100


class Normalise(nn.Module):
    """Pixels from 0..1 to -1..1: mean .5, deviation .5."""

    def forward(self, images: Tensor) -> Tensor:
        return (images - 0.5) / 0.5


def reference_net() -> nn.Sequential:
    return nn.Sequential(
        Normalise(),
        nn.Conv2d(3, 64, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(64, 128, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout2d(0.25),
        nn.Flatten(),
        nn.Linear(128 * 16 * 16, 1024),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(1024, 512),
        nn.ReLU(),
        nn.Linear(512, 10),
    )


def flip_and_crop(images: Tensor, generator: torch.Generator) -> Tensor:
    """Each image mirrored half the time, then 32x32 pixels cut at random out of its copy with 4 zeros around it."""
    flipped = torch.rand(len(images), generator=generator) < 0.5
    images = torch.where(flipped[:, None, None, None], images.flip(3), images)
    padded = F.pad(images, (4, 4, 4, 4))
    corners = torch.randint(0, 9, (len(images), 2), generator=generator).tolist()
    return torch.stack([image[:, y : y + 32, x : x + 32] for image, (y, x) in zip(padded, corners)])


def run(seed: int, train_set: Examples, test_set: Examples) -> float:
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    net = reference_net()
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    started = time.perf_counter()
    for epoch in range(1, EPOCHS + 1):
        batches = epochs_of(train_set, BATCH, 1, generator)
        train(net, optimizer, batches, augment=flip_and_crop, generator=generator)
        result = accuracy(net, test_set, BATCH)
        report(seed=seed, epoch=epoch, testAccuracy=round(result, 2), seconds=round(time.perf_counter() - started, 1))
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of data_batch_1.bin and test_batch.bin")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    train_set = read_cifar(options.data / "data_batch_1.bin")
    test_set = read_cifar(options.data / "test_batch.bin")
    report(train=len(train_set), test=len(test_set), torch=torch.__version__)
    summarise("test accuracy, percent", [run(seed, train_set, test_set) for seed in options.seeds])


if __name__ == "__main__":
    main()
