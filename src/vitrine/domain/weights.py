"""Fitted trust in each kind of evidence.

Printed by `python -m bench.calibration --fit`: 4,000 simulated visitors of the shipped
portfolio, seed 7, each cut at a random length from 1 to 20 events. A test fits them again.
"""

from vitrine.domain.evidence import Weights

FITTED = Weights(
    project=0.7754,
    skill=1.3183,
    section=1.0872,
    event=0.5304,
    pace=0.8423,
    depth=0.3524,
    referrer=0.7207,
    landing=0.5653,
    undecided=-2.3679,
    patience=127.8704,
    noise=0.1933,
)
