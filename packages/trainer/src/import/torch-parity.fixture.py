"""Writes networks of torchvision and timm with random weights into a folder, and the features that they make of two images.

Run by torch-parity.test.ts: python torch-parity.fixture.py FOLDER
"""

import json
import sys
from pathlib import Path

import timm
import torch
import torchvision
from safetensors.torch import save_file
from torch import nn

folder = Path(sys.argv[1])
torch.manual_seed(0)


def torchvision_net(name, **options):
    model = getattr(torchvision.models, name)(**options)
    setattr(model, "fc" if hasattr(model, "fc") else "classifier", nn.Identity())
    return model


def group_norm(channels):
    return nn.GroupNorm(32, channels)


def timm_net(name, **options):
    return timm.create_model(name, num_classes=0, **options)


# What Scion calls it, the side of its images, the network, and how it is saved.
networks = [
    ({"type": "resnet18", "stem": "imagenet"}, 64, torchvision_net("resnet18"), "safetensors"),
    ({"type": "resnet18", "stem": "imagenet", "norm": "group"}, 64, torchvision_net("resnet18", norm_layer=group_norm), "pt"),
    ({"type": "resnet50", "stem": "imagenet"}, 64, torchvision_net("resnet50"), "pt"),
    ({"type": "mobilenet-v2"}, 64, torchvision_net("mobilenet_v2"), "safetensors"),
    ({"type": "efficientnet-lite0"}, 64, timm_net("efficientnet_lite0"), "safetensors"),
    ({"type": "efficientnet-lite0", "padding": "same"}, 65, timm_net("tf_efficientnet_lite0"), "pt"),
    *[({"type": "convnext", "size": size}, 70, timm_net(f"convnext_{size}"), "safetensors") for size in ["atto", "femto", "pico", "nano"]],
    ({"type": "convnext", "size": "tiny"}, 64, timm_net("convnext_tiny"), "pt"),
    ({"type": "vit-tiny", "patch": 16}, 96, timm_net("vit_tiny_patch16_224", img_size=96), "safetensors"),
    ({"type": "vit-small", "patch": 8}, 48, timm_net("vit_small_patch8_224", img_size=48), "pt"),
    (
        {"type": "vit-small", "patch": 16, "pool": "mean"},
        64,
        timm_net("vit_small_patch16_224", img_size=64, class_token=False, global_pool="avg"),
        "safetensors",
    ),
]


@torch.no_grad()
def randomize(model):
    """The weights of a new network are random; so become its scales, which are 1, and its offsets, which are 0."""
    for name, value in model.state_dict().items():
        if name.endswith("running_var"):
            value.uniform_(0.5, 1.5)
        elif value.is_floating_point() and value.dim() == 1:
            value.add_(0.05 * torch.randn_like(value))


@torch.no_grad()
def write(index, config, side, model, form):
    randomize(model)
    state = {f"module.{name}": value.clone() for name, value in model.eval().state_dict().items()}
    file = folder / f"{index}.{form}"
    if form == "pt":
        torch.save({"epoch": 3, "state_dict": state}, file)
    else:
        save_file(state, file)
    images = torch.rand(2, side, side, 3)
    save_file({"images": images, "features": model.double()(images.double().permute(0, 3, 1, 2)).float()}, folder / f"{index}.result")
    return {"config": config, "side": side, "weights": file.name, "result": f"{index}.result"}


cases = [write(index, *network) for index, network in enumerate(networks)]
(folder / "cases.json").write_text(json.dumps(cases))
