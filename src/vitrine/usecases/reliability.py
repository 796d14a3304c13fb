"""How far a stated confidence can be relied on: accuracy, abstention, ECE and Brier score."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
    Columns = np.ndarray[tuple[int], np.dtype[np.int_]]

BINS = 10


class Bin(NamedTuple):
    """Visits whose confidence fell between two bounds: how many, what was said, what was so."""

    low: float
    high: float
    visits: int
    confidence: float
    right: float


class Judgement(NamedTuple):
    """How a set of visits was judged.

    `right` is the share of decided visits whose kind is the one decided for (visitors of no
    kind are never right), `decided` the share of all visits that were decided. `ece` is the
    expected calibration error over equal-width bins (Naeini et al. 2015) of the confidence
    in the likeliest segment, decided or not; `brier` the mean squared error of the same.
    """

    visits: int
    right: float
    decided: float
    ece: float
    brier: float
    bins: tuple[Bin, ...]


def judge(probabilities: Array, truth: Columns, threshold: float) -> Judgement:
    """Judge one row of probabilities per visit, the last column being no kind.

    `truth` holds the column of each visit's true kind.
    """
    import numpy as np

    named = probabilities[:, :-1]
    confidence = named.max(axis=1)
    hits = (named.argmax(axis=1) == truth).astype(float)
    decided = confidence >= threshold
    places = np.minimum((confidence * BINS).astype(int), BINS - 1)
    bins = tuple(
        Bin(
            place / BINS,
            (place + 1) / BINS,
            int(inside.sum()),
            float(confidence[inside].mean()),
            float(hits[inside].mean()),
        )
        for place in range(BINS)
        if (inside := places == place).any()
    )
    return Judgement(
        visits=len(truth),
        right=float(hits[decided].mean()) if decided.any() else 0.0,
        decided=float(decided.mean()),
        ece=sum(b.visits * abs(b.confidence - b.right) for b in bins) / len(truth),
        brier=float(((confidence - hits) ** 2).mean()),
        bins=bins,
    )


def threshold_for(probabilities: Array, decided: float) -> float:
    """Return the threshold at which this share of visits is decided, to compare like with like."""
    import numpy as np

    return float(np.quantile(probabilities[:, :-1].max(axis=1), 1.0 - decided))
