"""Numbers for `packages/trainer/src/constraints/constraints.test.ts`: each constraint by its formula, in PyTorch.

    python make_constraint_reference.py > constraints.json
"""

import json

import torch
import torch.nn.functional as F

BATCH, CLASSES = 6, 3
torch.manual_seed(1)
scores = torch.randn(BATCH, CLASSES, dtype=torch.float64)
other = torch.randn(BATCH, CLASSES, dtype=torch.float64)
labels = torch.tensor([0, 1, 2, 2, 0, 1])
targets = F.one_hot(labels, CLASSES).double()
targets[1] = torch.tensor([0.25, 0.75, 0.0])  # as after a mix of labels


def consistency(scores, other):
    """Laine & Aila, 2017, algorithm 1: the second term without its weight."""
    difference = F.softmax(scores, 1) - F.softmax(other, 1)
    return difference.square().sum() / (CLASSES * BATCH)


def mean_prediction_prior(scores, prior):
    """Tanaka et al., 2018, equation 7."""
    mean = F.softmax(scores, 1).mean(0)
    return (prior * torch.log(prior / mean)).sum()


def class_attributes(scores, targets, matrix):
    predicted, expected = F.softmax(scores, 1) @ matrix, targets @ matrix
    return (predicted - expected).square().mean()


def equal_risk(scores, targets, groups):
    """Krueger et al., 2021, equation 8: the variance of the risks."""
    losses = -(targets * F.log_softmax(scores, 1)).sum(1)
    risks = []
    for group in groups:
        weight = targets[:, group].sum(1)
        risks.append((weight * losses).sum() / weight.sum())
    return torch.stack(risks).var(correction=0)


prior = torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
matrix = torch.tensor([[1, 1, 0, 0], [0, 1, 0, 2], [1, 0, 0.5, 1]], dtype=torch.float64)
reference = {
    "scores": scores.tolist(),
    "other": other.tolist(),
    "targets": targets.tolist(),
    "consistency": consistency(scores, other).item(),
    "priorUniform": mean_prediction_prior(scores, torch.full((CLASSES,), 1 / CLASSES, dtype=torch.float64)).item(),
    "priorGiven": mean_prediction_prior(scores, prior).item(),
    "attributes": class_attributes(scores, targets, matrix).item(),
    "risk": equal_risk(scores, targets, [[1, 2], [0]]).item(),
}
print(json.dumps(reference))
