"""Near transfer in PyTorch: pretrain on MNIST digits, learn the UCI digits from few labels, against learning them from scratch.

8,000 MNIST digits, supervised; then 10, 20 or 50 labels of the UCI digits (the first 1,000 are drawn from, the other 797 are the
test). Scratch and linear probe get the same images, labels and augmentation. The UCI digits fill their 8x8 pixels, while MNIST's
stand in a box of 20x20 in the middle of 28x28: they are resized to 20x20 and framed with 4 zeros. Resized to 28x28 instead
(`--no-frame`), they are half as large again as what the backbone knows, and the probe loses 8 to 11 points.

    python test/parity/mnist_to_digits.py --data ../shared/data --seeds 0 1 2 3 4

Expected at 10 / 20 / 50 labels, mean of 5 seeds: scratch 55 / 72 / 87 %, linear probe 77 / 87 / 90 %. Two minutes on 2 idle cores.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from reference import Affine, Examples, Recipe, accuracy, few_labels, finetune, pretrain, read_idx, report, resize, summarise

AUGMENT = Affine(degrees=10, translate=0.07, scale=(0.9, 1.1), shear=5)
PRETRAIN = Recipe(epochs=4, batch=128, learning_rate=0.01, augment=AUGMENT)
# All labels in one batch: an epoch is a step.
SCRATCH = Recipe(epochs=150, batch=50, learning_rate=0.003, augment=AUGMENT)
PROBE = Recipe(epochs=150, batch=50, learning_rate=0.01, augment=AUGMENT)


def read_uci_digits(path: Path) -> Examples:
    arrays = np.load(path)
    return Examples(torch.from_numpy(arrays["x"]).float()[:, None] / 16, torch.from_numpy(arrays["y"]).long())


def in_frame(examples: Examples) -> Examples:
    small = resize(examples, 20)
    return Examples(F.pad(small.images, (4, 4, 4, 4)), small.labels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder that holds mnist/ and sklearn_digits/")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--frame", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)

    mnist = read_idx(*(options.data / "mnist" / f"train-{part}-ubyte.gz" for part in ("images-idx3", "labels-idx1")))
    held_out = mnist.take(slice(50_000, 60_000))
    uci = read_uci_digits(options.data / "sklearn_digits" / "digits.npz")
    uci = in_frame(uci) if options.frame else resize(uci, 28)
    pool, test = uci.take(slice(0, 1000)), uci.take(slice(1000, None))

    results: dict[str, list[float]] = {}
    for seed in options.seeds:
        backbone = pretrain(mnist.take(slice(0, 8000)), PRETRAIN, seed)
        report(seed=seed, mnistAccuracy=round(accuracy(backbone, held_out), 2))
        for per_class in (1, 2, 5):
            labelled = few_labels(pool, per_class, seed)
            nets = {
                "scratch": finetune(None, labelled, SCRATCH, seed, probe=False),
                "linear probe": finetune(backbone, labelled, PROBE, seed, probe=True),
            }
            for method, net in nets.items():
                result = round(accuracy(net, test), 2)
                results.setdefault(f"{method}, {10 * per_class} labels", []).append(result)
                report(seed=seed, labels=10 * per_class, method=method, testAccuracy=result)
    for name, values in results.items():
        summarise(name, values)


if __name__ == "__main__":
    main()
