"""A model's word on a kind of visit: a witness for one segment, never a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from vitrine.domain.evidence import Evidence
from vitrine.domain.fingerprint import fingerprint_of, levels_of

ACCURACY = 0.7
"""How often a model is assumed to name the right segment. An assumption until labels exist:
low enough that no model overrules clear evidence."""
MOST_OPINIONS = 50_000


class Opinion(NamedTuple):
    """`segment` is None where the model took the visitor for no kind; `certainty` is 0 to 1."""

    segment: str | None
    certainty: float


class Opinions:
    """What models have said, by fingerprint; the same answer serves every visit that shares it."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._known: dict[str, Opinion] = {}
        kinds = len(evidence.segments)
        mistaken = (1.0 - ACCURACY) / max(kinds - 1, 1)
        self._log_odds = math.log(ACCURACY / mistaken)

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._known

    def learn(self, opinions: Iterable[tuple[str, Opinion]]) -> None:
        """Take over opinions by fingerprint; beyond `MOST_OPINIONS` the oldest are forgotten."""
        for fingerprint, opinion in opinions:
            self._known.pop(fingerprint, None)
            self._known[fingerprint] = opinion
        while len(self._known) > MOST_OPINIONS:
            del self._known[next(iter(self._known))]

    def witness(self, features: Mapping[str, float]) -> tuple[int, float] | None:
        """Return which segment an opinion speaks for, and by how many log-odds.

        The likelihood ratio is that of a witness who is right in `ACCURACY` of all cases and
        otherwise names any other segment; a model that is less certain counts for less.
        """
        if not self._known:
            return None
        opinion = self._known.get(fingerprint_of(levels_of(features, self._evidence.rows)))
        if opinion is None or opinion.segment not in self._evidence.segments:
            return None
        return self._evidence.segments.index(opinion.segment), self._log_odds * opinion.certainty
