"""Prints the steps of PyTorch's optimizers that optimizers.test.ts compares with. Run by hand: python torch-optimizers.fixture.py"""

import json

import torch
from torch import nn, optim

start = [1.0, -2.0, 0.5]
gradients = [[0.5, -1.0, 2.0], [0.25, 3.0, -2.0], [-1.0, 0.5, 0.0], [0.75, -0.25, 1.5], [-2.0, 1.0, -0.5], [0.125, -3.0, 0.25]]
rates = [0.1, 0.1, 0.05, 0.05, 0.02, 0.01]

choices = {
    "sgd": lambda p: optim.SGD(p, lr=1),
    "sgd, momentum 0.9, weight decay 0.01": lambda p: optim.SGD(p, lr=1, momentum=0.9, weight_decay=0.01),
    "sgd, momentum 0.9, nesterov, weight decay 0.01": lambda p: optim.SGD(p, lr=1, momentum=0.9, nesterov=True, weight_decay=0.01),
    "adam": lambda p: optim.Adam(p, lr=1),
    "adam, betas 0.8 and 0.95, epsilon 0.001, weight decay 0.01": lambda p: optim.Adam(
        p, lr=1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.01
    ),
    "adamw": lambda p: optim.AdamW(p, lr=1),
    "adamw, betas 0.8 and 0.95, epsilon 0.001, weight decay 0.1": lambda p: optim.AdamW(
        p, lr=1, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1
    ),
    "rmsprop": lambda p: optim.RMSprop(p, lr=1),
    "rmsprop, alpha 0.9, momentum 0.8, epsilon 0.001, weight decay 0.01": lambda p: optim.RMSprop(
        p, lr=1, alpha=0.9, momentum=0.8, eps=1e-3, weight_decay=0.01
    ),
    "adagrad": lambda p: optim.Adagrad(p, lr=1),
    "adagrad, epsilon 0.001, weight decay 0.01": lambda p: optim.Adagrad(p, lr=1, eps=1e-3, weight_decay=0.01),
}

torch.set_default_dtype(torch.float64)
for name, create in choices.items():
    parameter = nn.Parameter(torch.tensor(start))
    optimizer = create([parameter])
    print(name)
    for gradient, rate in zip(gradients, rates):
        optimizer.param_groups[0]["lr"] = rate
        parameter.grad = torch.tensor(gradient)
        optimizer.step()
        print(f"  {json.dumps([round(value, 8) for value in parameter.tolist()])},")
