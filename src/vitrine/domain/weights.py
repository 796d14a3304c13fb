"""Fitted trust in each kind of evidence.

Printed by `python -m bench.calibration --fit`: 4,000 simulated visitors of the shipped
portfolio, seed 7, each cut at a random length from 1 to 20 events. A test fits them again.
"""

from vitrine.domain.evidence import Weights

FITTED = Weights(
    project=0.4940,
    skill=0.9509,
    section=0.8176,
    event=0.7683,
    pace=0.8288,
    depth=0.2477,
    referrer=0.7745,
    landing=0.4576,
    undecided=-2.3977,
    patience=179.9092,
    noise=0.2026,
)
