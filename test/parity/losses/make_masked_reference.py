"""Losses of masked images as their authors compute them: python make_masked_reference.py > masked.json (PyTorch)."""

import json

import torch

BATCH, ROWS, COLUMNS, SIDE, CHANNELS = 3, 2, 3, 4, 3

torch.manual_seed(0)
images = torch.randn(BATCH, CHANNELS, ROWS * SIDE, COLUMNS * SIDE)
predicted = torch.randn(BATCH, ROWS * COLUMNS, SIDE * SIDE * CHANNELS)
hidden = torch.tensor([[1, 0, 1, 1, 0, 1], [0, 1, 1, 0, 1, 1], [1, 1, 1, 1, 0, 0]], dtype=torch.float32)


def patches():
    """Rows of pixels, as MAE's patchify gives them."""
    cut = images.reshape(BATCH, CHANNELS, ROWS, SIDE, COLUMNS, SIDE)
    return torch.einsum("nchpwq->nhwpqc", cut).reshape(BATCH, ROWS * COLUMNS, SIDE * SIDE * CHANNELS)


def mae(normalize):
    target = patches()
    if normalize:
        target = (target - target.mean(dim=-1, keepdim=True)) / (target.var(dim=-1, keepdim=True) + 1e-6) ** 0.5
    error = ((predicted - target) ** 2).mean(dim=-1)
    return ((error * hidden).sum() / hidden.sum()).item()


def simmim():
    """On maps of pixels, the mask enlarged to them; divided by the channels."""
    drawn = predicted.reshape(BATCH, ROWS, COLUMNS, SIDE, SIDE, CHANNELS)
    drawn = torch.einsum("nhwpqc->nchpwq", drawn).reshape(images.shape)
    mask = hidden.reshape(BATCH, ROWS, COLUMNS).repeat_interleave(SIDE, 1).repeat_interleave(SIDE, 2).unsqueeze(1)
    error = torch.nn.functional.l1_loss(images, drawn, reduction="none")
    return ((error * mask).sum() / (mask.sum() + 1e-5) / CHANNELS).item()


def rotations():
    """The four labels' images, as numpy's rot90 and so the authors' loader turn them."""
    square = images[:1, :, :SIDE, :SIDE]
    turned = torch.cat([torch.rot90(square, turns, (2, 3)) for turns in range(4)])
    return turned.permute(0, 2, 3, 1)


print(
    json.dumps(
        {
            "shape": [BATCH, ROWS * SIDE, COLUMNS * SIDE, CHANNELS],
            "side": SIDE,
            "images": images.permute(0, 2, 3, 1).flatten().tolist(),
            "predicted": predicted.flatten().tolist(),
            "hidden": hidden.flatten().tolist(),
            "mae": mae(False),
            "maeNormalized": mae(True),
            "simmim": simmim(),
            "rotated": {"side": SIDE, "images": rotations().flatten().tolist()},
        }
    )
)
