"""What a run found, as JSON between the generator's process and whoever started it."""

from __future__ import annotations

from typing import Any, NamedTuple

from bench.openloop.outcomes import MOST_LAG_S, Latency, Outcomes


class Report(NamedTuple):
    """The latencies of each kind of request and of all; errors by kind and failure.

    `lag` is the delay of the generator itself between when a request was due and when it
    turned to it, `cpu_s` the processor's time that it took. `receipts` are those of events,
    by result; `again` those of the same events where they were sent once more.
    """

    seconds: float
    every: Latency
    kinds: dict[str, Latency]
    errors: dict[str, int]
    receipts: dict[str, int]
    lag: Latency
    cpu_s: float
    again: dict[str, int]

    @property
    def failed(self) -> int:
        return sum(self.errors.values())

    @property
    def kept_up(self) -> bool:
        """Whether the generator was in time; else the figures are its own, not the server's."""
        return self.lag.p99 <= MOST_LAG_S

    def dump(self) -> dict[str, Any]:
        """Return it as JSON can hold it."""
        return self._asdict()

    @classmethod
    def load(cls, found: dict[str, Any]) -> Report:
        """Return what `dump` gave."""
        kinds = {kind: Latency(*latency) for kind, latency in found["kinds"].items()}
        every, lag = Latency(*found["every"]), Latency(*found["lag"])
        return cls(**{**found, "every": every, "kinds": kinds, "lag": lag})


def report_of(
    outcomes: Outcomes, seconds: float, cpu_s: float, again: Outcomes | None = None
) -> Report:
    """Sum up a run that offered its requests within `seconds`."""
    return Report(
        seconds=seconds,
        every=outcomes.latency(),
        kinds={kind: outcomes.latency(kind) for kind in outcomes.kinds},
        errors=outcomes.errors(),
        receipts=dict(outcomes.receipts),
        lag=outcomes.lag(),
        cpu_s=cpu_s,
        again=dict(again.receipts) if again is not None else {},
    )
