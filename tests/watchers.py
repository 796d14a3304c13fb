"""Alerts and silences that a test writes down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from vitrine.domain.failure import Failure
from vitrine.usecases.monitoring_ports import (
    ActiveAlert,
    Labels,
    QuestionRefusedError,
    Silence,
)


@dataclass
class WrittenAlerts:
    """Satisfies `AlertRules`; `fails` is raised instead of each answer."""

    names: frozenset[str] = frozenset()
    alerts: Sequence[ActiveAlert] = ()
    fails: Failure | None = None

    async def known(self) -> frozenset[str]:
        self._trouble()
        return self.names

    async def active(self) -> Sequence[ActiveAlert]:
        self._trouble()
        return sorted(self.alerts, key=lambda alert: alert.since_ms)

    def _trouble(self) -> None:
        if self.fails is not None:
            raise self.fails


@dataclass
class WrittenSilences:
    """Satisfies `Silences`; `fails` is raised instead of each answer."""

    clock: Callable[[], int]
    fails: Failure | None = None
    kept: dict[str, Silence] = field(default_factory=dict)

    async def active(self) -> Sequence[Silence]:
        self._trouble()
        lasting = [one for one in self.kept.values() if one.until_ms > self.clock()]
        return sorted(lasting, key=lambda silence: silence.until_ms)

    async def create(self, labels: Labels, from_ms: int, until_ms: int, comment: str) -> str:
        self._trouble()
        if not labels or until_ms <= from_ms:
            raise QuestionRefusedError("a silence has labels, and ends after it begins")
        name = f"silence-{len(self.kept) + 1}"
        self.kept[name] = Silence(name, dict(labels), until_ms, comment)
        return name

    async def expire(self, silence: str) -> None:
        self._trouble()
        if silence not in self.kept:
            raise QuestionRefusedError("there is no such silence")
        del self.kept[silence]

    def _trouble(self) -> None:
        if self.fails is not None:
            raise self.fails
