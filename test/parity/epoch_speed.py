"""Time of an epoch in PyTorch as people write it: the other side of `npm run bench:epoch`.

    python test/parity/epoch_speed.py --archive ../shared/data/cifar10/cifar10-images.tar.gz --threads 2

Unpacks the archive's training images to a temporary folder, then reads one JSON line after the other, {"steps": 5}, goes on for that
many steps (ImageFolder, torchvision's transforms, DataLoader with 2 workers, eager float32) and answers {"ms": [...]}, one number a step,
the wait for its batch included.
"""

import argparse
import json
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torch.nn.functional as F
from reference_net import BATCH, reference_net
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

WORKERS = 2


def unpack_training_images(archive: Path, folder: str) -> Path:
    with tarfile.open(archive) as tar:
        tar.extractall(folder, [member for member in tar if member.name.startswith("train/")], filter="data")
    return Path(folder) / "train"


def steps_of_training(train_folder: Path) -> Iterator[float]:
    """One step for each loss that is asked for, epoch after epoch."""
    torch.manual_seed(0)
    transform = transforms.Compose(
        [
            transforms.RandomHorizontalFlip(),
            transforms.RandomCrop(32, padding=4),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
    loader = DataLoader(ImageFolder(train_folder, transform), batch_size=BATCH, shuffle=True, num_workers=WORKERS)
    net = reference_net()[1:].train()  # its own normalisation is the transform's here
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)
    while True:
        for images, labels in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(images), labels)
            loss.backward()
            optimizer.step()
            yield loss.item()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--archive", type=Path, required=True, help="tar of train/CLASS/*.jpg")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    with tempfile.TemporaryDirectory() as folder:
        steps = steps_of_training(unpack_training_images(args.archive, folder))
        for line in sys.stdin:
            times = []
            for _ in range(json.loads(line)["steps"]):
                start = time.perf_counter()
                next(steps)
                times.append(1000 * (time.perf_counter() - start))
            print(json.dumps({"ms": times}), flush=True)
        steps.close()


if __name__ == "__main__":
    main()
