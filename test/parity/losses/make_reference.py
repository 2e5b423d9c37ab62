"""Numbers for `packages/trainer/src/methods/pretrain/losses.test.ts`: each label-free loss by its authors' formula, in PyTorch.

    python make_reference.py > joint-embedding.json
"""

import json
import math

import torch
import torch.nn.functional as F

BATCH, WIDTH = 6, 5
torch.manual_seed(0)


def rows(count=BATCH, width=WIDTH):
    return torch.randn(count, width, dtype=torch.float64)


def off_diagonal(matrix):
    n = matrix.shape[0]
    return matrix.flatten()[:-1].view(n - 1, n + 1)[:, 1:].flatten()


def supcon(first, second, labels, temperature):
    """Khosla et al., 2020, equation 2."""
    z = F.normalize(torch.cat([first, second]), dim=1)
    y = torch.cat([labels, labels])
    total = 0.0
    for i in range(len(z)):
        others = [a for a in range(len(z)) if a != i]
        denominator = sum(torch.exp(z[i] @ z[a] / temperature) for a in others)
        positives = [p for p in others if y[p] == y[i]]
        total += -sum(torch.log(torch.exp(z[i] @ z[p] / temperature) / denominator) for p in positives) / len(positives)
    return total / len(z)


def moco_v2(queries, keys, queue, temperature):
    """He et al., 2020, algorithm 1."""
    q, k, queue = (F.normalize(x, dim=1) for x in (queries, keys, queue))
    positive = torch.einsum("nc,nc->n", q, k).unsqueeze(-1)
    negative = torch.einsum("nc,kc->nk", q, queue)
    logits = torch.cat([positive, negative], dim=1) / temperature
    return F.cross_entropy(logits, torch.zeros(len(q), dtype=torch.long))


def moco_v3(q1, q2, k1, k2, temperature):
    """Chen, Xie & He, 2021, algorithm 1."""

    def contrast(q, k):
        q, k = F.normalize(q, dim=1), F.normalize(k, dim=1)
        return F.cross_entropy(q @ k.T / temperature, torch.arange(len(q))) * 2 * temperature

    return contrast(q1, k2) + contrast(q2, k1)


def byol(p1, p2, t1, t2):
    """Grill et al., 2020, equation 2, both ways; t2 is the target of p1."""

    def distance(p, t):
        return (F.normalize(p, dim=1) - F.normalize(t, dim=1)).square().sum(1).mean()

    return distance(p1, t2) + distance(p2, t1)


def simsiam(p1, p2, z1, z2):
    """Chen & He, 2021, equation 2."""
    return -(F.cosine_similarity(p1, z2).mean() + F.cosine_similarity(p2, z1).mean()) / 2


def barlow_twins(z1, z2, redundancy):
    """Zbontar et al., 2021, algorithm 1 with the published program's batch normalisation."""
    norm = torch.nn.BatchNorm1d(z1.shape[1], affine=False, dtype=z1.dtype)
    correlation = norm(z1).T @ norm(z2) / len(z1)
    on_diagonal = (torch.diagonal(correlation) - 1).square().sum()
    return on_diagonal + redundancy * off_diagonal(correlation).square().sum()


def vicreg(x, y, invariance, variance, covariance):
    """Bardes et al., 2022, as published in the authors' program."""
    distance = F.mse_loss(x, y)
    x, y = x - x.mean(0), y - y.mean(0)
    std = sum(torch.relu(1 - torch.sqrt(v.var(0) + 0.0001)).mean() / 2 for v in (x, y))
    cov = sum(off_diagonal(v.T @ v / (len(v) - 1)).square().sum() / v.shape[1] for v in (x, y))
    return invariance * distance + variance * std + covariance * cov


def nnclr(z1, z2, p1, p2, queue, temperature):
    """Dwibedi et al., 2021, equation 2, both ways."""
    z1, z2, p1, p2, queue = (F.normalize(x, dim=1) for x in (z1, z2, p1, p2, queue))

    def loss(z, p):
        nearest = queue[(z @ queue.T).argmax(1)]
        return F.cross_entropy(nearest @ p.T / temperature, torch.arange(len(z)))

    return (loss(z1, p2) + loss(z2, p1)) / 2


def sinkhorn(scores, epsilon, iterations):
    """Caron et al., SwAV, 2020, appendix A.1."""
    q = torch.exp(scores / epsilon).T
    q /= q.sum()
    k, b = q.shape
    for _ in range(iterations):
        q /= q.sum(1, keepdim=True) * k
        q /= q.sum(0, keepdim=True) * b
    return (q * b).T


def swav(views, prototypes, temperature, epsilon, iterations):
    """SwAV, equation 1, the first two of the views giving the targets."""
    scores = [F.normalize(v, dim=1) @ F.normalize(prototypes, dim=0) for v in views]
    total = 0.0
    for own in range(2):
        target = sinkhorn(scores[own], epsilon, iterations)
        others = [s for index, s in enumerate(scores) if index != own]
        total += sum(-(target * F.log_softmax(s / temperature, dim=1)).sum(1).mean() for s in others) / len(others)
    return total / 2


def kmeans_round(rows, centroids):
    """Spherical k-means, as `cluster_memory` of DeepCluster-v2: an empty cluster is left out here."""
    nearest = (rows @ centroids.T).argmax(1)
    means = [rows[nearest == k].mean(0) for k in range(len(centroids)) if (nearest == k).any()]
    return F.normalize(torch.stack(means), dim=1)


def deep_cluster(views, centroids, temperature):
    """DeepCluster-v2 (Caron et al., SwAV, 2020, appendix), the cluster of one view asked of the others."""
    views, centroids = [F.normalize(v, dim=1) for v in views], F.normalize(centroids, dim=1)
    scores = [v @ centroids.T for v in views]
    pairs = [(own, other) for own in range(2) for other in range(len(views)) if other != own]
    total = sum(F.cross_entropy(scores[other] / temperature, scores[own].argmax(1)) for own, other in pairs)
    return total / len(pairs)


def hint(student, teacher):
    """Romero et al., FitNets, 2015, equation 3, the regressor's output given."""
    return (0.5 * (teacher - student).square().sum(1)).mean()


def soft_targets(student, teacher, temperature):
    """Hinton et al., 2015, section 2, times T²; less its least value, which does not depend on the student."""
    log_student, log_teacher = (F.log_softmax(x / temperature, dim=1) for x in (student, teacher))
    return F.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True) * temperature**2


def dino(student, teacher, center, temperature, teacher_temperature):
    """Caron et al., DINO, 2021, algorithm 1 with further views; scores are given."""
    total, pairs = 0.0, 0
    for own, scores in enumerate(teacher):
        target = F.softmax((scores - center) / teacher_temperature, dim=1)
        for index, view in enumerate(student):
            if index == own:
                continue
            total += -(target * F.log_softmax(view / temperature, dim=1)).sum(1).mean()
            pairs += 1
    return total / pairs


def momentum(first, last, step, steps):
    """BYOL, section 3.3, to a last value other than 1."""
    return last - (last - first) * (math.cos(math.pi * step / steps) + 1) / 2


x = [rows() for _ in range(6)]
queue, prototypes, center = rows(7), rows(WIDTH, 4), rows(1, 4)[0] / 10
labels = torch.tensor([0, 1, 0, 2, 1, 0])
scores = [rows(BATCH, 4) for _ in range(5)]
reference = {
    "rows": [v.tolist() for v in x],
    "queue": queue.tolist(),
    "prototypes": prototypes.tolist(),
    "center": center.tolist(),
    "labels": labels.tolist(),
    "scores": [v.tolist() for v in scores],
    "supcon": supcon(x[0], x[1], labels, 0.3).item(),
    "mocoV2": moco_v2(x[0], x[1], queue, 0.2).item(),
    "mocoV3": moco_v3(x[0], x[1], x[2], x[3], 0.2).item(),
    "byol": byol(x[0], x[1], x[2], x[3]).item(),
    "simsiam": simsiam(x[0], x[1], x[2], x[3]).item(),
    "barlowTwins": barlow_twins(x[0], x[1], 0.0051).item(),
    "vicreg": vicreg(x[0] * 0.8, x[1] * 1.2, 25, 25, 1).item(),
    "nnclr": nnclr(x[0], x[1], x[2], x[3], queue, 0.1).item(),
    "sinkhorn": sinkhorn(F.normalize(x[0], dim=1) @ F.normalize(prototypes, dim=0), 0.05, 3).tolist(),
    "swav": swav(x[:3], prototypes, 0.1, 0.05, 3).item(),
    "dino": dino(scores[:3], scores[3:], center, 0.1, 0.04).item(),
    "centroids": kmeans_round(F.normalize(torch.cat(x), dim=1), F.normalize(prototypes.T, dim=1)).tolist(),
    "deepCluster": deep_cluster(x[:3], prototypes.T, 0.1).item(),
    "hint": hint(x[0], x[1]).item(),
    "softTargets": soft_targets(scores[0], scores[1], 4).item(),
    "momentum": [momentum(0.99, 0.999, step, 8) for step in range(9)],
}
print(json.dumps(reference))
