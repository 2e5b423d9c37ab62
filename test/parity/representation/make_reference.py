"""Numbers that the scores of representations are compared with: python make_reference.py > reference.json (scikit-learn, numpy)."""

import json

import numpy
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

COUNT, WIDTH, CLASSES, LAMBDA = 90, 6, 4, 0.01


def blobs(generator, count):
    """Overlapping classes, features of different scales and offsets."""
    labels = numpy.arange(count) % CLASSES
    centres = numpy.random.default_rng(1).normal(size=(CLASSES, WIDTH))
    features = centres[labels] + generator.normal(size=(count, WIDTH))
    features = features * numpy.array([1, 10, 0.1, 1, 3, 1]) + numpy.array([0, 5, 0, -20, 0, 1])
    return features.astype(numpy.float32).astype(numpy.float64), labels


def probe(train, test):
    (features, labels), (asked, truth) = train, test
    scaler = StandardScaler().fit(features)
    model = LogisticRegression(C=1 / (LAMBDA * len(labels)), tol=1e-10, max_iter=10_000).fit(scaler.transform(features), labels)
    weights = (model.coef_ / scaler.scale_).T
    biases = model.intercept_ - (model.coef_ / scaler.scale_) @ scaler.mean_
    return {"weights": weights.ravel().tolist(), "biases": biases.tolist(), "accuracy": model.score(scaler.transform(asked), truth)}


def unit(rows):
    return rows / numpy.linalg.norm(rows, axis=1, keepdims=True)


def rank_me(rows):
    singular = numpy.linalg.svd(rows, compute_uv=False)
    shares = singular / singular.sum() + 1e-7
    return float(numpy.exp(-(shares * numpy.log(shares)).sum()))


def uniformity(rows):
    rows = unit(rows)
    squared = ((rows[:, None] - rows[None]) ** 2).sum(-1)[numpy.triu_indices(len(rows), 1)]
    return float(numpy.log(numpy.exp(-2 * squared).mean()))


def alignment(first, second):
    return float((numpy.linalg.norm(unit(first) - unit(second), axis=1) ** 2).mean())


generator = numpy.random.default_rng(0)
train, test = blobs(generator, COUNT), blobs(generator, 60)
wide = generator.normal(size=(5, 9)).astype(numpy.float32).astype(numpy.float64)
print(
    json.dumps(
        {
            "lambda": LAMBDA,
            "classCount": CLASSES,
            "width": WIDTH,
            "train": {"features": train[0].ravel().tolist(), "labels": train[1].tolist()},
            "test": {"features": test[0].ravel().tolist(), "labels": test[1].tolist()},
            "probe": probe(train, test),
            "effectiveRank": rank_me(train[0]),
            "wide": {"features": wide.ravel().tolist(), "width": 9, "effectiveRank": rank_me(wide)},
            "uniformity": uniformity(train[0]),
            "alignment": alignment(train[0][:60], test[0]),
        }
    )
)
