"""What a visit's events say about each segment, and how loudly.

An event is read as features such as `project:vision-api` or `pace:study`. Each feature
speaks for or against each segment by a log-likelihood ratio that follows from the signs
that the site declares: a segment's signs tilt the draw of what its visitors do, and the
tilt is normalised over what could have been drawn, so that a segment which claims
everything gains nothing (naive Bayes against a background visitor). How far each kind of
feature can be trusted is fitted once on simulated visitors and kept in `weights.py`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from copy import copy
from itertools import chain
from typing import NamedTuple

from vitrine.domain.draw import Draw, draws_of
from vitrine.domain.event import Event, ParameterKind
from vitrine.domain.site import Site

SKIM_BELOW_MS = 5_000
STUDY_FROM_MS = 25_000
PACES = ("skim", "read", "study")
DEPTHS = ("shallow", "half", "deep")
HALF_FROM_PERCENT = 40
DEEP_FROM_PERCENT = 80

EVENT_WEIGHTS: Mapping[str, float] = {"deep_read": 1.5, "repeat_view": 1.2}
"""How much a mention of an item counts by the event that makes it; 1.0 where not named."""
GLANCE_MS = 400
GLANCE_WEIGHT = 0.4
"""A pointer that passes over a skill in less than `GLANCE_MS` says little about interest."""


class Weights(NamedTuple):
    """Fitted trust in each kind of feature (see `usecases/calibrate.py`).

    `undecided` is the log-odds of a visitor of no kind before anything is seen; with n the
    weight of what was seen, all evidence is scaled by 1 / (1 + n / patience), because the
    things that one visitor does are not independent of each other.
    """

    project: float
    skill: float
    section: float
    event: float
    pace: float
    depth: float
    referrer: float
    landing: float
    undecided: float
    patience: float
    noise: float


FeatureWeights = dict[str, float]
"""Features of a visit with the weight in which each was seen."""


class Contribution(NamedTuple):
    """What one feature of a visit adds to a segment's log-odds against the other segments."""

    feature: str
    weight: float
    log_odds: float


def _rows(draws: Iterable[Draw], weights: Weights) -> dict[str, tuple[float, ...]]:
    return dict(
        chain.from_iterable(
            draw.rows(getattr(weights, draw.prefix), weights.noise) for draw in draws
        )
    )


class Evidence:
    """The evidence of one site: reads events as features and features as log-odds.

    `rows[feature]` holds one log-likelihood ratio per segment, in the order of `segments`.
    """

    def __init__(self, site: Site, weights: Weights) -> None:
        self.segments = site.segment_ids
        self.weights = weights
        self._draws = tuple(draws_of(site))
        self.rows = _rows(self._draws, weights)
        shares = sum(segment.share for segment in site.segments)
        self.priors = tuple(math.log(segment.share / shares) for segment in site.segments)
        self._site = site
        self._mentions = {
            name: tuple(
                (parameter.name, parameter.kind)
                for parameter in kind.parameters
                if parameter.kind
                in (
                    ParameterKind.PROJECT,
                    ParameterKind.SKILL,
                    ParameterKind.SECTION,
                    ParameterKind.ITEM,
                )
            )
            for name, kind in site.event_types.items()
        }

    def weighed(self, weights: Weights) -> Evidence:
        """Return the same evidence under other weights; cheap, for fitting."""
        other = copy(self)
        other.weights, other.rows = weights, _rows(self._draws, weights)
        return other

    def observe(self, event: Event, features: FeatureWeights, *, first: bool) -> None:
        """Add what the event shows to `features`; `first` marks the first of a visit."""
        params = event.params
        weight = EVENT_WEIGHTS.get(event.name, 1.0)
        duration = params.get("duration_ms")
        if event.name == "skill_hover" and isinstance(duration, int) and duration < GLANCE_MS:
            weight = GLANCE_WEIGHT
        for name, kind in self._mentions.get(event.name, ()):
            item = params.get(name)
            if item is None:
                continue
            if first and kind is ParameterKind.SECTION:
                features[f"landing:{item}"] = 1.0
            else:
                _add(features, self._mention(kind, str(item)), weight)
        _add(features, f"event:{event.name}", 1.0)
        if isinstance(duration, int) and event.name != "skill_hover":
            _add(features, f"pace:{pace(duration)}", 1.0)
        percent = params.get("percent")
        if isinstance(percent, int):
            _deepen(features, percent)
        if first and "page_referrer" in params:
            features[f"referrer:{params['page_referrer']}"] = 1.0

    def _mention(self, kind: ParameterKind, item: str) -> str:
        if kind is not ParameterKind.ITEM:
            return f"{kind.value}:{item}"
        if item in self._site.projects:
            return f"project:{item}"
        return f"skill:{item}" if item in self._site.skills else f"section:{item}"

    def scores(self, features: Mapping[str, float]) -> tuple[list[float], float]:
        """Return each segment's log-odds against a visitor of no kind, and the scale used."""
        totals = [0.0] * len(self.segments)
        seen = 0.0
        rows = self.rows
        for feature, count in features.items():
            row = rows.get(feature)
            if row is None:
                continue
            loud = math.log2(1.0 + count)
            seen += loud
            for index, log_odds in enumerate(row):
                totals[index] += loud * log_odds
        scale = 1.0 / (1.0 + seen / self.weights.patience)
        undecided = self.weights.undecided
        return [
            prior + scale * total - undecided
            for prior, total in zip(self.priors, totals, strict=True)
        ], scale

    def contributions(self, features: Mapping[str, float], segment: str) -> list[Contribution]:
        """Return what carried (or spoke against) the segment, strongest first.

        The log-odds are those against the average of all segments; they add up, with the
        priors, to the difference between the segment's score and the mean score.
        """
        index = self.segments.index(segment)
        _, scale = self.scores(features)
        found = []
        for feature, count in features.items():
            row = self.rows.get(feature)
            if row is not None:
                gain = row[index] - sum(row) / len(row)
                loud = math.log2(1.0 + count)
                found.append(Contribution(feature, count, scale * loud * gain))
        return sorted(found, key=lambda c: -c.log_odds)


def pace(duration_ms: int) -> str:
    """Return how a duration reads: `skim`, `read` or `study`."""
    if duration_ms < SKIM_BELOW_MS:
        return "skim"
    return "read" if duration_ms < STUDY_FROM_MS else "study"


def depth(percent: int) -> str:
    """Return how far down a page somebody went: `shallow`, `half` or `deep`."""
    if percent < HALF_FROM_PERCENT:
        return "shallow"
    return "half" if percent < DEEP_FROM_PERCENT else "deep"


def _add(features: FeatureWeights, feature: str, weight: float) -> None:
    features[feature] = features.get(feature, 0.0) + weight


def _deepen(features: FeatureWeights, percent: int) -> None:
    """Keep the deepest point only: a page reports 25, 50 and 75 % on its way to 100."""
    reached = DEPTHS.index(depth(percent))
    for index, name in enumerate(DEPTHS):
        if features.get(f"depth:{name}"):
            if index >= reached:
                return
            del features[f"depth:{name}"]
    features[f"depth:{DEPTHS[reached]}"] = 1.0
