"""How often the experiment's answers are wrong though looked at all the time.

`python -m bench.experiment` prints the table of `docs/experiment.md`: simulated experiments
with a tenth held out, the verdict read after every 50 of 8,000 visitors.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from vitrine.domain.experiment import Arm, Measured, SplitIsOff, interval, judge

SHARE = 0.1
VISITORS = 8_000
EVERY = 50
RUNS = 300
SEED = 1
RATES = ((0.02, 0.02), (0.05, 0.05), (0.3, 0.3), (0.9, 0.9), (0.3, 0.2), (0.1, 0.05))


class Run(NamedTuple):
    """What one experiment's owner saw at any look; `measured` is of the last one."""

    missed: bool
    missed_unguarded: bool
    measured: bool
    split_was_off: bool


def looks(rng: np.random.Generator, personalised: float, held_out: float) -> list[tuple[Arm, Arm]]:
    """Return both arms as they stand at each look."""
    held = rng.random(VISITORS) < SHARE
    converted = rng.random(VISITORS) < np.where(held, held_out, personalised)
    at = slice(EVERY - 1, None, EVERY)
    counts = [
        np.cumsum(chosen)[at].tolist()
        for chosen in (~held, ~held & converted, held, held & converted)
    ]
    return [(Arm(a, b), Arm(c, d)) for a, b, c, d in zip(*counts, strict=True)]


def run(rng: np.random.Generator, personalised: float, held_out: float) -> Run:
    """Simulate one experiment."""
    truth = personalised - held_out
    arms = looks(rng, personalised, held_out)
    verdicts = [judge(*pair, SHARE) for pair in arms]
    shown = [verdict for verdict in verdicts if isinstance(verdict, Measured)]
    always = [interval(*pair) for pair in arms if all(arm.exposed for arm in pair)]
    return Run(
        any(not found.low <= truth <= found.high for found in shown),
        any(not found.low <= truth <= found.high for found in always),
        isinstance(verdicts[-1], Measured),
        any(isinstance(verdict, SplitIsOff) for verdict in verdicts),
    )


def main() -> None:
    rng = np.random.default_rng(SEED)
    print(f"{RUNS} experiments a row, {VISITORS:,} visitors, a look after every {EVERY}")
    print("personalised  held out  missed  without least counts  measured  split off at a look")
    for rates in RATES:
        runs = [run(rng, *rates) for _ in range(RUNS)]
        shares = [sum(column) / RUNS for column in zip(*runs, strict=True)]
        print(
            f"{rates[0]:12.0%}  {rates[1]:8.0%}  {shares[0]:6.1%}  {shares[1]:20.1%}"
            f"  {shares[2]:8.0%}  {shares[3]:19.1%}"
        )


if __name__ == "__main__":
    main()
