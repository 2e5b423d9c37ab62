"""Time of a training step in PyTorch: the other side of `npm run bench:engine`.

    python test/parity/step_speed.py --model resnet18 --threads 2

Reads one JSON line after the other, {"variant": "eager", "steps": 5}, runs that many steps (forward, backward, SGD with momentum) on the
same random batch and answers {"ms": [...]}, one number a step. A variant is a way to run PyTorch: `eager` or `compiled` (torch.compile),
`-channels-last`, `-bf16` (autocast of the forward pass to bfloat16).
"""

import argparse
import json
import sys
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F
import torchvision
from reference_net import reference_net
from torch import Tensor, nn

CLASSES = 10


class Attention(nn.Module):
    """Self-attention with one product for queries, keys and values, through PyTorch's fused kernel."""

    def __init__(self, width: int, heads: int):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        batch, tokens, width = x.shape
        q, k, v = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(batch, tokens, width))


class Block(nn.Module):
    def __init__(self, width: int, heads: int):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.mlp(self.norm2(x))


class VisionTransformer(nn.Module):
    """ViT with a class token and learnt positions (Dosovitskiy et al., 2021); tiny: width 192, 12 blocks, 3 heads."""

    def __init__(self, side: int, patch: int, width: int = 192, depth: int = 12, heads: int = 3):
        super().__init__()
        self.patch_embed = nn.Conv2d(3, width, patch, stride=patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(0.02 * torch.randn(1, (side // patch) ** 2 + 1, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        tokens = self.patch_embed(images).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(len(tokens), -1, -1), tokens], 1) + self.pos_embed
        return self.head(self.norm(self.blocks(tokens))[:, 0])


def cifar_resnet18() -> nn.Module:
    """torchvision's, with the first convolution 3x3 of stride 1 and no pooling after it."""
    net = torchvision.models.resnet18(num_classes=CLASSES)
    net.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    net.maxpool = nn.Identity()
    return net


# name -> (side of the images, batch, network)
MODELS: dict[str, tuple[int, int, Callable[[], nn.Module]]] = {
    "reference-net": (32, 100, reference_net),
    "resnet18": (32, 64, cifar_resnet18),
    "vit-tiny": (32, 64, lambda: VisionTransformer(side=32, patch=4)),
    "mobilenet-v2": (96, 32, lambda: torchvision.models.mobilenet_v2(num_classes=CLASSES)),
}


def create_step(model: str, variant: str) -> Callable[[], float]:
    """One step a call; gives the loss, so that nothing is left unfinished."""
    side, batch, build = MODELS[model]
    torch.manual_seed(0)
    net = build().train()
    images = torch.rand(batch, 3, side, side)
    labels = torch.arange(batch) % CLASSES
    if "channels-last" in variant:
        net = net.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    run = torch.compile(net) if variant.startswith("compiled") else net
    optimizer = torch.optim.SGD(net.parameters(), lr=0.001, momentum=0.9)

    def step() -> float:
        optimizer.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, enabled="bf16" in variant):
            loss = F.cross_entropy(run(images), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", choices=MODELS, required=True)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    steps: dict[str, Callable[[], float]] = {}
    for line in sys.stdin:
        request = json.loads(line)
        variant = request["variant"]
        if variant not in steps:
            steps[variant] = create_step(args.model, variant)
        times = []
        for _ in range(request["steps"]):
            start = time.perf_counter()
            steps[variant]()
            times.append(1000 * (time.perf_counter() - start))
        print(json.dumps({"ms": times}), flush=True)


if __name__ == "__main__":
    main()
