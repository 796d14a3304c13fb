"""How well the segment model knows simulated visitors: `python -m bench.calibration`.

With `--fit` it prints the weights that `domain/weights.py` should hold instead.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from time import perf_counter

import numpy as np

from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.evidence import Evidence
from vitrine.domain.segment import assess_many
from vitrine.domain.site import Site
from vitrine.domain.weights import FITTED
from vitrine.usecases.calibrate import (
    JUDGED_SEED,
    SEED,
    START,
    VISITORS,
    events_of,
    features_of,
    fit,
    leave_one_style_out,
    reader_for,
    sample,
    training_sample,
)
from vitrine.usecases.oracle import Oracle
from vitrine.usecases.reliability import Judgement, judge, threshold_for
from vitrine.usecases.simulate import SimulatedVisitor, simulate

JUDGED = 4_000
EVENTS_SEEN = (3, 5, 10)
MANY = 100_000


def main(arguments: Sequence[str]) -> None:
    site = load_site(find_site("portfolio"))
    evidence = Evidence(site, START)
    training = training_sample(site, evidence, SEED, VISITORS)
    if "--fit" in arguments:
        for name, value in fit(training, evidence)._asdict().items():
            print(f"    {name}={value:.4f},")
        return
    visitors = list(simulate(site, JUDGED_SEED, JUDGED, events=max(EVENTS_SEEN)))
    oracle, reader = Oracle(site), reader_for(site)
    print(f"{JUDGED:,} simulated visitors, each judged by weights fitted without its style")
    print(f"\n{'events':>6} {'':8} {'right':>7} {'decided':>8} {'ECE':>6} {'Brier':>6}")
    for seen in EVENTS_SEEN:
        judged = sample(visitors, site, evidence, [seen] * len(visitors))
        ours = leave_one_style_out(training, judged, evidence)
        found = judge(ours, judged.truth, site.threshold)
        best = oracle.probabilities([events_of(short(v, seen), reader) for v in visitors])
        row(seen, "ours", found)
        alike = threshold_for(best, found.decided)
        row(seen, "oracle", judge(best, judged.truth, alike))
        if seen == 5:
            detail = found, styles_of(ours, judged.styles, judged.truth, site)
    print("\nThe oracle knows how the simulator works and decides as many visits as ours.")
    reliability(detail[0])
    print("\nAfter 5 events, each style left out of the fit")
    print("\n".join(detail[1]))
    print(f"\n{MANY:,} visits classified in {seconds_for_many(site, visitors):.2f} s")


def short(visitor: SimulatedVisitor, seen: int) -> SimulatedVisitor:
    return visitor._replace(events=visitor.events[:seen])


def row(seen: int, who: str, found: Judgement) -> None:
    print(
        f"{seen:6} {who:8} {found.right:7.1%} {found.decided:8.1%} "
        f"{found.ece:6.3f} {found.brier:6.3f}"
    )


def reliability(found: Judgement) -> None:
    print(f"\nAfter 5 events: ECE {found.ece:.3f}, Brier {found.brier:.3f}")
    print(f"{'confidence':>12} {'visits':>7} {'said':>6} {'right':>6}")
    for b in found.bins:
        print(f"{b.low:5.1f} to {b.high:.1f} {b.visits:8,} {b.confidence:6.3f} {b.right:6.3f}")


def styles_of(
    probabilities: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    styles: np.ndarray[tuple[int], np.dtype[np.str_]],
    truth: np.ndarray[tuple[int], np.dtype[np.int_]],
    site: Site,
) -> Iterable[str]:
    yield f"{'style':20} {'visits':>7} {'right':>7} {'decided':>8}"
    for style in dict.fromkeys(styles.tolist()):
        chosen = styles == style
        found = judge(probabilities[chosen], truth[chosen], site.threshold)
        yield f"{style:20} {found.visits:7,} {found.right:7.1%} {found.decided:8.1%}"


def seconds_for_many(site: Site, visitors: Sequence[SimulatedVisitor]) -> float:
    """Return the time to classify 100,000 visits of ten events whose features are at hand."""
    evidence, reader = Evidence(site, FITTED), reader_for(site)
    some = [features_of(events_of(visitor, reader), evidence) for visitor in visitors]
    many = [dict(some[index % len(some)]) for index in range(MANY)]
    began = perf_counter()
    assess_many(many, evidence, site.threshold)
    return perf_counter() - began


if __name__ == "__main__":
    main(sys.argv[1:])
