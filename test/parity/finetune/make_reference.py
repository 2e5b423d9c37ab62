"""Numbers for the tests of `packages/trainer/src/methods/finetune` and of sharpness-aware steps, in PyTorch.

    python make_reference.py > reference.json
"""

import json
import math

import torch
import torch.nn.functional as F

torch.manual_seed(0)
torch.set_default_dtype(torch.float64)


def values(*shape):
    return torch.randn(*shape)


def plain(tensor):
    return tensor.detach().tolist()


def l2_sp():
    """Li et al., 2018, equation 3: α/2 ‖w_S - w_S⁰‖² + β/2 ‖w_new‖²."""
    weights, start, head = values(3, 4).requires_grad_(), values(3, 4), values(4, 2).requires_grad_()
    alpha, beta = 0.1, 0.01
    penalty = alpha / 2 * (weights - start).square().sum() + beta / 2 * head.square().sum()
    penalty.backward()
    return {
        "weights": plain(weights), "start": plain(start), "head": plain(head), "alpha": alpha, "beta": beta,
        "penalty": penalty.item(), "gradient": plain(weights.grad),
    }


def lora():
    """Hu et al., 2022, equation 3, as in PEFT: h = W x + (α / r) · B A x, here with x in rows."""
    weight, down, up, x = values(5, 4), values(5, 2), values(2, 4), values(3, 5)
    alpha = 6
    h = x @ weight + alpha / 2 * (x @ down @ up)
    return {"weight": plain(weight), "down": plain(down), "up": plain(up), "scale": alpha / 2, "x": plain(x), "h": plain(h)}


def sharpness_aware():
    """Foret et al., 2021, algorithm 1, with SGD: three steps of logistic regression."""
    x, labels = values(6, 4), torch.tensor([0, 1, 2, 0, 1, 2])
    first = values(4, 3)
    weight, rho, rate = first.clone(), 0.3, 0.5
    losses = []
    for _ in range(3):

        def gradient(at):
            at = at.clone().requires_grad_()
            loss = F.cross_entropy(x @ at, labels)
            loss.backward()
            return loss.item(), at.grad

        loss, here = gradient(weight)
        _, there = gradient(weight + rho * here / here.norm())
        weight = weight - rate * there
        losses.append(loss)
    return {
        "x": plain(x), "labels": plain(labels), "first": plain(first), "rho": rho, "rate": rate,
        "losses": losses, "last": plain(weight),
    }


def fixmatch():
    """Sohn et al., 2020, equation 4, with the gradient by the strong view's scores; the weak view's get none."""
    weak, strong = 2 * values(6, 3), values(6, 3).requires_grad_()
    threshold = 0.7
    confidence, labels = torch.softmax(weak, dim=-1).max(dim=-1)
    mask = confidence.ge(threshold).to(weak.dtype)
    loss = (F.cross_entropy(strong, labels, reduction="none") * mask).mean()
    loss.backward()
    return {
        "weak": plain(weak), "strong": plain(strong), "threshold": threshold, "accepted": mask.mean().item(),
        "loss": loss.item(), "gradient": plain(strong.grad),
    }


def softmatch():
    """Chen et al., 2023, as the authors' program weighs a batch: distribution alignment, running mean and variance, Gaussian."""
    scores = 2 * values(6, 3)
    classes, momentum, sigmas = 3, 0.9, 2
    probabilities = torch.softmax(scores, dim=-1)
    prediction = momentum * torch.full((classes,), 1 / classes) + (1 - momentum) * probabilities.mean(dim=0)
    aligned = probabilities * (1 / classes) / prediction
    aligned = aligned / aligned.sum(dim=-1, keepdim=True)
    confidence = aligned.max(dim=-1).values
    mean = momentum * (1 / classes) + (1 - momentum) * confidence.mean()
    variance = momentum * 1.0 + (1 - momentum) * confidence.var(unbiased=True)
    weights = torch.exp(-((torch.clamp(confidence - mean, max=0.0) ** 2) / (2 * variance / sigmas**2)))
    return {
        "scores": plain(scores), "momentum": momentum, "prediction": plain(prediction), "mean": mean.item(),
        "variance": variance.item(), "weights": plain(weights),
    }


def mean_teacher():
    """Tarvainen & Valpola, 2017: the mean squared error of softmax outputs, and the ramp-up of their program."""
    student, teacher = values(4, 3), values(4, 3)
    difference = F.mse_loss(torch.softmax(student, dim=1), torch.softmax(teacher, dim=1))
    ramp = [math.exp(-5 * (1 - min(step, 40) / 40) ** 2) for step in (0, 10, 20, 40, 90)]
    return {"student": plain(student), "teacher": plain(teacher), "difference": difference.item(), "ramp": ramp}


references = {
    "l2Sp": l2_sp(),
    "lora": lora(),
    "sharpnessAware": sharpness_aware(),
    "fixmatch": fixmatch(),
    "softmatch": softmatch(),
    "meanTeacher": mean_teacher(),
}
print(json.dumps(references, indent=1))
