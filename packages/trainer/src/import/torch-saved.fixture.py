"""Prints the file of torch-saved.fixture.ts: one tensor of each type, and of each way of lying in a storage.

Run by hand, where PyTorch is installed: python torch-saved.fixture.py
"""

import base64
import io
from collections import OrderedDict

import torch

counted = torch.arange(6, dtype=torch.float32).reshape(2, 3)
state = OrderedDict(
    {
        "float.weight": counted,
        "transposed.weight": counted.t(),
        "part.weight": counted[1, 1:],
        "half.weight": torch.tensor([0.5, -2, 65504, 2**-24], dtype=torch.float16),
        "bfloat.weight": torch.tensor([1.5, -3.140625], dtype=torch.bfloat16),
        "double.weight": torch.tensor([0.1], dtype=torch.float64),
        "long.count": torch.tensor(-7),
        "int.count": torch.tensor([3, -4], dtype=torch.int32),
        "byte.count": torch.tensor([255, 0], dtype=torch.uint8),
        "bool.flag": torch.tensor([True, False]),
        "parameter": torch.nn.Parameter(torch.tensor([8.0, 9.0])),
    }
)
extra = {"epoch": 3, "note": "a checkpoint", "deep": {"ema": torch.zeros(1)}}
saved = io.BytesIO()
torch.save({"state_dict": state, "extra": extra}, saved)
print(base64.b64encode(saved.getvalue()).decode())
