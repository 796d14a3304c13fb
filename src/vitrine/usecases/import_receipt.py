"""What became of the lines of an imported access log."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from vitrine.domain.log_line import LineKind
from vitrine.signals import BotReason

KEPT_NUMBERS = 20
KEPT_PREFIXES = 10
COUNTED_PREFIXES = 10_000
LONGEST_PREFIX = 60
_PREFIX_PARTS = 2


@dataclass(slots=True)
class ImportReceipt:
    """Every line of the log in exactly one class, and the visits that came of them.

    Lines are malformed, a bot's, one of the kinds that are no event, accepted or duplicates.
    `bots` has the list's category for listed ones and an empty one for the others. `visits`
    counts those that this import touched; `decided` and `decided_after` (events seen by then)
    look at them as they ended. Times are milliseconds since the epoch.
    """

    lines: int = 0
    malformed: int = 0
    malformed_lines: list[int] = field(default_factory=list)
    bots: Counter[tuple[BotReason, str]] = field(default_factory=Counter)
    others: Counter[LineKind] = field(default_factory=Counter)
    accepted: int = 0
    duplicates: int = 0
    visitors: int = 0
    visits: int = 0
    decided: Counter[str] = field(default_factory=Counter)
    decided_after: Counter[int] = field(default_factory=Counter)
    first_visits: int = 0
    first_visits_decided: int = 0
    first_at: int | None = None
    last_at: int | None = None
    _prefixes: Counter[str] = field(default_factory=Counter)

    @property
    def adds_up(self) -> bool:
        """Whether the classes together have as many lines as the log."""
        classes = (
            self.malformed,
            self.bots.total(),
            self.others.total(),
            self.accepted,
            self.duplicates,
        )
        return sum(classes) == self.lines

    @property
    def unmapped_prefixes(self) -> list[tuple[str, int]]:
        """Where the pages lie that no rule names, the most visited first."""
        return self._prefixes.most_common(KEPT_PREFIXES)

    @property
    def decided_in_first_visit(self) -> float | None:
        """The share of first visits that were decided, or `None` where there were none."""
        return self.first_visits_decided / self.first_visits if self.first_visits else None

    def note_malformed(self) -> None:
        self.malformed += 1
        if len(self.malformed_lines) < KEPT_NUMBERS:
            self.malformed_lines.append(self.lines)

    def note_time(self, at_ms: int) -> None:
        self.first_at = at_ms if self.first_at is None else min(self.first_at, at_ms)
        self.last_at = at_ms if self.last_at is None else max(self.last_at, at_ms)

    def note_other(self, kind: LineKind, path: str) -> None:
        self.others[kind] += 1
        if kind is LineKind.UNMAPPED:
            prefix = "/".join(path.split("/")[: _PREFIX_PARTS + 1])[:LONGEST_PREFIX]
            if prefix in self._prefixes or len(self._prefixes) < COUNTED_PREFIXES:
                self._prefixes[prefix] += 1

    def note_visit(self, ordinal: int, segment: str | None, decided_after: int | None) -> None:
        """Count a visit as it ended; ordinal 1 is the visitor's first."""
        self.visits += 1
        self.first_visits += ordinal == 1
        if segment is not None and decided_after is not None:
            self.decided[segment] += 1
            self.decided_after[decided_after] += 1
            self.first_visits_decided += ordinal == 1

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt for machines: plain names, numbers, lists and texts."""
        return {
            "lines": self.lines,
            "adds_up": self.adds_up,
            "malformed": self.malformed,
            "malformed_lines": self.malformed_lines,
            "bots": [
                {"reason": reason.value, "category": category or None, "lines": lines}
                for (reason, category), lines in self.bots.most_common()
            ],
            **{k.value: self.others[k] for k in LineKind if k is not LineKind.EVENT},
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "unmapped_prefixes": dict(self.unmapped_prefixes),
            "visitors": self.visitors,
            "visits": self.visits,
            "decided": dict(sorted(self.decided.items())),
            "decided_after": {str(n): v for n, v in sorted(self.decided_after.items())},
            "decided_in_first_visit": self.decided_in_first_visit,
            "first_at": self.first_at,
            "last_at": self.last_at,
        }
