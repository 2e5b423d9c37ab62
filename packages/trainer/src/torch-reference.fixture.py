"""Prints the numbers of PyTorch, torchvision and timm that the tests of this package compare with.

Run by hand, where these three packages and safetensors are installed: python torch-reference.fixture.py [efficientnet_lite0.safetensors]
"""

import math
import re
import sys
from functools import partial

import timm
import torch
import torchvision
from safetensors.torch import load_file
from timm.layers import resample_abs_pos_embed
from timm.models.convnext import ConvNeXt
from torch import nn
from timm.models.vision_transformer import VisionTransformer


def wave(index, phase):
    """A chirp: numbers in [-1, 1] that look random, so that layers of them are well conditioned."""
    return math.sin(0.37 * index * index + phase)


def wave_tensor(shape, phase, scale=1.0, offset=0.0):
    count = math.prod(shape)
    return torch.tensor([offset + scale * wave(i, phase) for i in range(count)]).reshape(shape)


def fill(model):
    """The same rule as `waveValues` in backbone-parity.fixture.ts: every tensor a chirp whose phase is its place among the sorted names."""
    state = {name: value for name, value in model.state_dict().items() if not name.endswith("num_batches_tracked")}
    for phase, name in enumerate(sorted(state)):
        shape = state[name].shape
        if name.endswith("running_var"):
            filled = wave_tensor(shape, phase, 0.5, 1.0)
        elif name.endswith("running_mean") or len(shape) == 1 and name.endswith("bias") or name in ["cls_token", "pos_embed"]:
            filled = wave_tensor(shape, phase, 0.1)
        elif len(shape) == 1:
            filled = wave_tensor(shape, phase, 0.1, 1.0)
        else:
            filled = wave_tensor(shape, phase, 1 / math.sqrt(math.prod(shape[1:])))
        state[name].copy_(filled)


class ReferenceNet(nn.Module):
    def __init__(self, channels, side):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, 64, 3, padding=1)
        self.conv2 = nn.Conv2d(64, 128, 3, padding=1)
        self.fc1 = nn.Linear(128 * (side // 2) ** 2, 1024)
        self.fc2 = nn.Linear(1024, 512)

    def forward(self, x):
        x = torch.relu(self.conv2(torch.relu(self.conv1(x))))
        x = torch.max_pool2d(x, 2).flatten(1)
        return torch.relu(self.fc2(torch.relu(self.fc1(x))))


class ConvnetSmall(nn.Module):
    def __init__(self, channels):
        super().__init__()
        sides = [channels, 32, 64, 128]
        for i in range(3):
            setattr(self, f"conv{i + 1}", nn.Conv2d(sides[i], sides[i + 1], 3, stride=2, padding=1, bias=False))
            setattr(self, f"bn{i + 1}", nn.BatchNorm2d(sides[i + 1]))

    def forward(self, x):
        for i in range(3):
            x = torch.relu(getattr(self, f"bn{i + 1}")(getattr(self, f"conv{i + 1}")(x)))
        return x.mean((2, 3))


class Mlp(nn.Module):
    def __init__(self, inputs, widths):
        super().__init__()
        self.count = len(widths)
        for i, (inside, out) in enumerate(zip([inputs, *widths], widths)):
            setattr(self, f"fc{i + 1}", nn.Linear(inside, out))

    def forward(self, x):
        x = x.flatten(1)
        for i in range(self.count):
            x = torch.relu(getattr(self, f"fc{i + 1}")(x))
        return x


class WideBlock(nn.Module):
    def __init__(self, inside, out, stride):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inside)
        self.conv1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.convShortcut = nn.Conv2d(inside, out, 1, stride, bias=False) if inside != out else None

    def forward(self, x):
        activated = torch.relu(self.bn1(x))
        y = self.conv2(torch.relu(self.bn2(self.conv1(activated))))
        return y + (x if self.convShortcut is None else self.convShortcut(activated))


class WideResnet(nn.Module):
    def __init__(self, depth, width):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        inside = 16
        for stage in range(3):
            out = 16 * width * 2**stage
            blocks = [WideBlock(out if i else inside, out, 1 if i or stage == 0 else 2) for i in range((depth - 4) // 6)]
            block = nn.Module()
            block.layer = nn.Sequential(*blocks)
            setattr(self, f"block{stage + 1}", block)
            inside = out
        self.bn1 = nn.BatchNorm2d(inside)

    def forward(self, x):
        x = self.conv1(x)
        for stage in range(3):
            x = getattr(self, f"block{stage + 1}").layer(x)
        return torch.relu(self.bn1(x)).mean((2, 3))


class BasicBlock(nn.Module):
    def __init__(self, inside, out, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inside, out, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.conv2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(out)
        if stride != 1 or inside != out:
            self.downsample = nn.Sequential(nn.Conv2d(inside, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        shortcut = self.downsample(x) if hasattr(self, "downsample") else x
        return torch.relu(self.bn2(self.conv2(torch.relu(self.bn1(self.conv1(x))))) + shortcut)


class Resnet18Small(nn.Module):
    def __init__(self, channels, width=16):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        inside = width
        for stage in range(4):
            out = width * 2**stage
            first = BasicBlock(inside, out, 1 if stage == 0 else 2)
            setattr(self, f"layer{stage + 1}", nn.Sequential(first, BasicBlock(out, out, 1)))
            inside = out

    def forward(self, x):
        x = torch.relu(self.bn1(self.conv1(x)))
        for stage in range(4):
            x = getattr(self, f"layer{stage + 1}")(x)
        return x.mean((2, 3))


def show(name, values):
    print(f"{name}: {[float(f'{value:.6g}') for value in values]}")


def resnet(name, stem, **options):
    model = getattr(torchvision.models, name)(**options)
    model.fc = nn.Identity()
    if stem == "cifar":
        model.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        model.maxpool = nn.Identity()
    return model


def mobilenet_v2(width):
    model = torchvision.models.mobilenet_v2(width_mult=width)
    model.classifier = nn.Identity()
    return model


def efficientnet(name, width=1.0):
    return timm.models.efficientnet._gen_efficientnet_lite(name, channel_multiplier=width, num_classes=0, bn_eps=1e-3 if name[:2] == "tf" else 1e-5, pad_type="same" if name[:2] == "tf" else "")


def vit(side, heads=3, **options):
    return VisionTransformer(img_size=side, embed_dim=64 * heads, num_heads=heads, num_classes=0, **options)


def convnext(size, **options):
    depths, dims = {"atto": [(2, 2, 6, 2), (40, 80, 160, 320)], "tiny": [(3, 3, 9, 3), (96, 192, 384, 768)]}[size]
    return ConvNeXt(**{"depths": depths, "dims": dims, "conv_mlp": size != "tiny", "num_classes": 0, **options})


@torch.no_grad()
def backbones():
    models = {
        "reference-net": (4, ReferenceNet(3, 4)),
        "mlp, widths 24,16": (6, Mlp(108, [24, 16])),
        "convnet-small": (16, ConvnetSmall(3)),
        "resnet18-small": (16, Resnet18Small(3)),
        "resnet18": (16, resnet("resnet18", "cifar")),
        "resnet18, stem imagenet": (64, resnet("resnet18", "imagenet")),
        "resnet34": (16, resnet("resnet34", "cifar")),
        "resnet50": (32, resnet("resnet50", "cifar")),
        "resnet18, norm group": (16, resnet("resnet18", "cifar", norm_layer=partial(nn.GroupNorm, 32))),
        "wide-resnet, width 2": (16, WideResnet(16, 2)),
        "wide-resnet, depth 28, width 1": (16, WideResnet(28, 1)),
        "convnext": (64, convnext("atto")),
        "convnext, size tiny, depthFactor 0.3": (64, convnext("tiny", depths=(1, 1, 3, 1))),
        "mobilenet-v2": (96, mobilenet_v2(1.0)),
        "mobilenet-v2, widthFactor 0.35": (64, mobilenet_v2(0.35)),
        "efficientnet-lite0, widthFactor 0.5": (96, efficientnet("efficientnet_lite0", 0.5)),
        "efficientnet-lite0, padding same": (96, efficientnet("tf_efficientnet_lite0")),
        "vit-tiny": (16, vit(16, patch_size=4)),
        "vit-tiny, patch 8, pool mean, depth 3": (24, vit(24, patch_size=8, global_pool="avg", class_token=False, depth=3)),
        "vit-small, patch 8, depth 2": (16, vit(16, heads=6, patch_size=8, depth=2)),
    }
    for name, (side, model) in models.items():
        images = wave_tensor((4, side, side, 3), 0, 0.5, 0.5).permute(0, 3, 1, 2)
        fill(model)
        for mode in ["eval", "train"]:
            features = model.train(mode == "train")(images)
            show(f"{name} {mode} features 0-3 of the first and the last image, and the mean of all", [*features[0, :4], *features[3, :4], features.mean()])
        for key, value in model.state_dict().items():
            if key.removeprefix("features.0.") in ["bn1.running_mean", "bn1.running_var", "1.running_mean", "1.running_var"]:
                show(f"{name} {key} after one training pass", value[:4])
    counts = {
        "reference-net": ReferenceNet(3, 32),
        "mlp": Mlp(3072, [512, 256]),
        "convnet-small": ConvnetSmall(3),
        "resnet18-small": Resnet18Small(3),
        "wide-resnet": WideResnet(16, 4),
        "convnext": convnext("atto"),
        "vit-small": vit(32, heads=6, patch_size=4),
        **{name: resnet(name, "cifar") for name in ["resnet18", "resnet34", "resnet50"]},
        "mobilenet-v2": mobilenet_v2(1.0),
        "efficientnet-lite0": efficientnet("efficientnet_lite0"),
        "vit-tiny": vit(32, patch_size=4),
    }
    for name, model in counts.items():
        print(f"{name} parameters at 32×32×3: {sum(p.numel() for p in model.parameters())}")
        print(f"{name} state: {[k for k in model.state_dict() if not k.endswith('num_batches_tracked')][:14]}")


@torch.no_grad()
def tokens():
    """The tokens of patches after the last normalisation, and positions for a grid of another size."""
    model = vit(16, patch_size=4, depth=2)
    fill(model)
    images = wave_tensor((4, 16, 16, 3), 0, 0.5, 0.5).permute(0, 3, 1, 2)
    after = model.eval().forward_features(images)[:, 1:]
    show("vit-tiny, depth 2: tokens 0 and 15 of the first and the last image, features 0-3", torch.cat([after[i, j, :4] for i in [0, 3] for j in [0, 15]]))
    small = wave_tensor((1, 1 + 3 * 4, 2), 0)
    for rows, columns in [(5, 6), (2, 3)]:
        show(f"positions 3×4 → {rows}×{columns}", resample_abs_pos_embed(small, [rows, columns], [3, 4]).flatten())


@torch.no_grad()
def efficientnet_weights(path):
    """The largest class scores with the weights of a file that names tensors as efficientnet-lite-pytorch does."""
    places = [f"{group}.{i}" for group, count in enumerate([1, 2, 2, 3, 3, 4, 1]) for i in range(count)]
    parts = {"_expand_conv": "conv_pw", "_bn0": "bn1", "_depthwise_conv": "conv_dw", "_bn1": "bn2", "_project_conv": "conv_pwl", "_bn2": "bn3"}
    first = {"_depthwise_conv": "conv_dw", "_bn1": "bn1", "_project_conv": "conv_pw", "_bn2": "bn2"}
    outer = {"_conv_stem": "conv_stem", "_bn0": "bn1", "_conv_head": "conv_head", "_bn1": "bn2", "_fc": "classifier"}

    def timm_name(name):
        block, part, rest = re.match(r"^(?:_blocks\.(\d+)\.)?(\w+)\.(\w+)$", name).groups()
        if block is None:
            return f"{outer[part]}.{rest}"
        return f"blocks.{places[int(block)]}.{(first if block == '0' else parts)[part]}.{rest}"

    model = timm.create_model("tf_efficientnet_lite0").eval()
    model.load_state_dict({timm_name(name): value for name, value in load_file(path).items()})
    row, column = torch.arange(224.0)[:, None], torch.arange(224.0)[None]
    image = torch.stack([torch.sin(row * (c + 1) / 20) * torch.cos(column / (15 + c)) for c in range(3)])
    top = model(image[None])[0].topk(5)
    print(f"efficientnet-lite0 classes: {top.indices.tolist()}")
    show("efficientnet-lite0 scores", top.values)


def schedules():
    parameter = nn.Parameter(torch.zeros(1))
    steps = 10
    one_cycle = torch.optim.lr_scheduler.OneCycleLR(
        torch.optim.SGD([parameter], lr=1, momentum=0.9), max_lr=1, total_steps=steps, cycle_momentum=False
    )
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(torch.optim.SGD([parameter], lr=1), T_max=steps, eta_min=0.1)
    for name, schedule in {"oneCycle": one_cycle, "cosine to 0.1": cosine}.items():
        rates = []
        for _ in range(steps):
            rates.append(schedule.get_last_lr()[0])
            schedule.optimizer.step()
            schedule.step() if len(rates) < steps else None
        show(f"{name}, {steps} steps", rates)


torch.set_default_dtype(torch.float64)
backbones()
tokens()
for path in sys.argv[1:]:
    efficientnet_weights(path)
schedules()
