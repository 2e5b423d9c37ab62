"""Images a second of a torchvision DataLoader: the other side of `npm run bench:data`.

    python test/parity/data_speed.py --set cifar --archive ARCHIVE --packed FOLDER

Reads one JSON line after the other, {"steps": 5}, takes that many batches from the loader (2 workers, as people write it) and answers
{"ms": [...]}, one number a batch. `cifar` has its images in memory, as torchvision.datasets.CIFAR10 has them, taken from the packed data
set; `photos` are the JPEG files of the archive, in an ImageFolder.
"""

import argparse
import json
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset, RandomSampler
from torchvision import transforms
from torchvision.datasets import ImageFolder

WORKERS = 2


class ImagesInMemory(Dataset):
    """As torchvision.datasets.CIFAR10: an array of images, each made a PIL image when it is asked for."""

    def __init__(self, images: np.ndarray, transform: transforms.Compose) -> None:
        self.images = images
        self.transform = transform

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])), 0


def cifar(packed: Path) -> tuple[Dataset, int]:
    manifest = wait_for_manifest(packed)
    split = next(split for split in manifest["splits"] if split["name"] == "train")
    height, width, channels = manifest["shape"]
    stored = np.concatenate([np.fromfile(packed / shard["name"], np.uint8) for shard in split["images"]])
    transform = transforms.Compose(
        [
            transforms.RandomHorizontalFlip(),
            transforms.RandomCrop(32, padding=4),
            transforms.ToTensor(),
            transforms.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ]
    )
    return ImagesInMemory(stored.reshape(-1, height, width, channels), transform), 100


def photos(archive: Path, folder: str) -> tuple[Dataset, int]:
    with zipfile.ZipFile(archive) as unzipped:
        unzipped.extractall(folder)
    transform = transforms.Compose(
        [
            transforms.RandomResizedCrop(224),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ]
    )
    [train] = Path(folder).glob("*/train")
    return ImageFolder(train, transform), 32


def wait_for_manifest(packed: Path) -> dict:
    """The other side packs the data set first."""
    while not (packed / "packed.json").exists():
        time.sleep(0.2)
    return json.loads((packed / "packed.json").read_text())


def batches(dataset: Dataset, batch_size: int) -> Iterator[torch.Tensor]:
    """Without end, so that no turn has the start of workers in it."""
    sampler = RandomSampler(dataset, replacement=True, num_samples=10**9)
    for images, _ in DataLoader(dataset, batch_size=batch_size, sampler=sampler, num_workers=WORKERS):
        yield images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", choices=["cifar", "photos"], required=True)
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--packed", type=Path, required=True)
    args = parser.parse_args()
    torch.manual_seed(0)
    with tempfile.TemporaryDirectory() as folder:
        loaded = batches(*(cifar(args.packed) if args.set == "cifar" else photos(args.archive, folder)))
        for line in sys.stdin:
            times = []
            for _ in range(json.loads(line)["steps"]):
                start = time.perf_counter()
                next(loaded)
                times.append(1000 * (time.perf_counter() - start))
            print(json.dumps({"ms": times}), flush=True)
        loaded.close()


if __name__ == "__main__":
    main()
