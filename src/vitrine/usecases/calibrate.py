"""Fits the weights of the segment model on simulated visitors, and judges it on others.

The fit maximises the likelihood of each visitor's true kind by the method of Berndt, Hall,
Hall and Hausman (1974): Newton's, with the outer product of scores for the Hessian. Few
numbers are fitted, all shared over sites and segments, and each is held near a prior.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import TYPE_CHECKING

from vitrine.domain.event import Event, EventReader
from vitrine.domain.evidence import Evidence, FeatureWeights, Weights
from vitrine.domain.site import AT_ANY_TIME, Site
from vitrine.usecases.reliability import Judgement, judge
from vitrine.usecases.simulate import SimulatedVisitor, simulate

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

START = Weights(
    project=1.0,
    skill=1.0,
    section=1.0,
    landing=0.5,
    event=1.0,
    pace=0.7,
    depth=0.7,
    referrer=0.7,
    undecided=0.0,
    patience=15.0,
    noise=0.15,
)
"""Where the fit begins and what it is held near: what the signs say, taken at their word."""
FREEDOM = 0.7
"""Standard deviation of the prior, on the scale on which the fit works."""
SEED = 7
JUDGED_SEED = 99
VISITORS = 4_000
PORTIONS, PORTION, PAUSE_S = 25, 40, 0.05
"""A thousand visitors in two seconds, fifteen milliseconds of work at a time."""
LONGEST_CUT = 20
ROUNDS = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """Visitors cut short: what was seen of each, its true column (the last is no kind), style."""

    loudness: Array
    truth: np.ndarray[tuple[int], np.dtype[np.int_]]
    styles: np.ndarray[tuple[int], np.dtype[np.str_]]

    def where(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Sample:
        return Sample(self.loudness[chosen], self.truth[chosen], self.styles[chosen])


def events_of(visitor: SimulatedVisitor, reader: EventReader) -> list[Event]:
    """Return the visitor's events as the service would read them."""
    now = 1_700_000_000_000
    read = (reader.read(body, visitor.style, now)[0] for body in visitor.bodies("", now))
    events = [event for event in read if isinstance(event, Event)]
    assert len(events) == len(visitor.events), "the simulator made an event that is refused"
    return events


def reader_for(site: Site) -> EventReader:
    """Return a reader that takes simulated events at any time."""
    return site.reader(AT_ANY_TIME)


def features_of(events: Iterable[Event], evidence: Evidence) -> FeatureWeights:
    """Return what a visit of these events shows."""
    features: FeatureWeights = {}
    for index, event in enumerate(events):
        evidence.observe(event, features, first=index == 0)
    return features


def sample(
    visitors: Sequence[SimulatedVisitor], site: Site, evidence: Evidence, cuts: Sequence[int]
) -> Sample:
    """Return the visitors as they look after so many events each."""
    import numpy as np

    reader = reader_for(site)
    columns = {feature: index for index, feature in enumerate(evidence.rows)}
    counts = np.zeros((len(visitors), len(columns)))
    for row, (visitor, cut) in enumerate(zip(visitors, cuts, strict=True)):
        short = visitor._replace(events=visitor.events[:cut])
        for feature, count in features_of(events_of(short, reader), evidence).items():
            counts[row, columns[feature]] = count
    kinds = (*evidence.segments, None)
    return Sample(
        np.log2(1.0 + counts),
        np.array([kinds.index(visitor.kind) for visitor in visitors]),
        np.array([visitor.style for visitor in visitors]),
    )


def training_sample(site: Site, evidence: Evidence, seed: int, visitors: int) -> Sample:
    """Return simulated visitors, each cut at a random length from 1 to 20 events."""
    made = simulate(site, seed, visitors, events=LONGEST_CUT)
    return cut_short(made, site, evidence, Random(seed))


def cut_short(
    visitors: Iterable[SimulatedVisitor], site: Site, evidence: Evidence, random: Random
) -> Sample:
    """Return the visitors, each cut at a random length."""
    made = list(visitors)
    return sample(made, site, evidence, [random.randint(1, LONGEST_CUT) for _ in made])


def probabilities(seen: Sample, evidence: Evidence) -> Array:
    """Return one row per visitor: the probability of each segment, and last of no kind."""
    import numpy as np

    table = np.array(list(evidence.rows.values()))
    weights = evidence.weights
    scale = 1.0 / (1.0 + seen.loudness.sum(axis=1, keepdims=True) / weights.patience)
    scores = np.array(evidence.priors) + scale * (seen.loudness @ table) - weights.undecided
    scores = np.hstack([scores, np.zeros((len(scores), 1))])
    grown = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(grown / grown.sum(axis=1, keepdims=True))


async def judged(site: Site, evidence: Evidence, portions: int = PORTIONS) -> Judgement:
    """Return how well the confidence of a site's own signs is calibrated.

    Nobody knows what real visitors are; simulated ones say how far the model means what it says
    where visitors do what the site file declares. They are others than those on whom the weights
    were fitted, but made by the same personas. They are made in small portions, with pauses:
    a service that has just started has better things to do.
    """
    import numpy as np

    visitors = simulate(site, JUDGED_SEED, events=LONGEST_CUT)
    lengths = Random(JUDGED_SEED)
    seen = []
    for _ in range(portions):
        some = islice(visitors, PORTION)
        seen.append(await asyncio.to_thread(cut_short, some, site, evidence, lengths))
        await asyncio.sleep(PAUSE_S)
    loudness = np.vstack([one.loudness for one in seen])
    truth = np.concatenate([one.truth for one in seen])
    whole = Sample(loudness, truth, np.concatenate([one.styles for one in seen]))
    return judge(probabilities(whole, evidence), truth, site.threshold)


class Calibration:
    """How well a site's confidence is calibrated: judged once, when it is first asked for.

    Neither the site nor the weights change in a process.
    """

    def __init__(self, site: Site, evidence: Evidence, portions: int = PORTIONS) -> None:
        self._site = site
        self._evidence = evidence
        self._portions = portions
        self._judging = asyncio.Lock()
        self._judgement: Judgement | None = None

    async def __call__(self) -> Judgement:
        async with self._judging:
            if self._judgement is None:
                self._judgement = await judged(self._site, self._evidence, self._portions)
            return self._judgement


def fit(seen: Sample, evidence: Evidence, start: Weights = START) -> Weights:
    """Return the weights under which the visitors' true kinds are likeliest."""
    import numpy as np

    home = np.array(_free(START))

    def log_likelihoods(point: Array) -> Array:
        found = probabilities(seen, evidence.weighed(_weights(point)))
        return np.asarray(np.log(found[np.arange(len(found)), seen.truth]))

    def objective(point: Array) -> float:
        return float(log_likelihoods(point).sum() - (((point - home) / FREEDOM) ** 2).sum() / 2)

    point = np.array(_free(start))
    best = objective(point)
    for _ in range(ROUNDS):
        scores = _scores(log_likelihoods, point)
        slope = scores.sum(axis=0) - (point - home) / FREEDOM**2
        curve = scores.T @ scores + np.eye(len(point)) / FREEDOM**2
        step = np.linalg.solve(curve, slope)
        gain, before = 0.0, best
        while gain <= 0.0 and np.abs(step).max() > 1e-4:
            gain = objective(point + step) - best
            if gain > 0.0:
                point, best = point + step, best + gain
            step = step / 2.0
        if best - before < 1e-2:
            break
    return _weights(point)


def _scores(log_likelihoods: Callable[[Array], Array], point: Array) -> Array:
    """Return the slope of each visitor's log-likelihood, by forward differences."""
    import numpy as np

    width = 1e-4
    middle = log_likelihoods(point)
    return np.stack(
        [
            (log_likelihoods(point + width * direction) - middle) / width
            for direction in np.eye(len(point))
        ],
        axis=1,
    )


def _free(weights: Weights) -> list[float]:
    """Return the weights on a scale without bounds: logarithms, and log-odds of the noise."""
    free = {name: math.log(value) for name, value in weights._asdict().items() if value > 0}
    free["noise"] = math.log(weights.noise / (1.0 - weights.noise))
    free["undecided"] = weights.undecided
    return [free[name] for name in Weights._fields]


def _weights(point: Iterable[float]) -> Weights:
    free = dict(zip(Weights._fields, map(float, point), strict=True))
    values = {name: math.exp(value) for name, value in free.items()}
    values["noise"] = 1.0 / (1.0 + math.exp(-free["noise"]))
    values["undecided"] = free["undecided"]
    return Weights(**values)


def leave_one_style_out(training: Sample, judged: Sample, evidence: Evidence) -> Array:
    """Return the probabilities of `judged`, each by weights fitted without anybody of its style."""
    import numpy as np

    found = np.zeros((len(judged.truth), len(evidence.segments) + 1))
    start = fit(training, evidence)
    for style in dict.fromkeys(judged.styles.tolist()):
        weights = fit(training.where(training.styles != style), evidence, start)
        chosen = judged.styles == style
        found[chosen] = probabilities(judged.where(chosen), evidence.weighed(weights))
    return found
