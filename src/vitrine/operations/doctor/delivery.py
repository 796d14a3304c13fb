"""Delivery: whom Prometheus tells of alerts, and whether what Alertmanager sends is taken."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.operations.doctor.finding import Finding, ok, problem

LATELY = "10m"
SENT = "alertmanager_notifications_total"
FAILED = "alertmanager_notifications_failed_total"
GENERATED = "use the configuration that `vitrine up` or `vitrine generate` writes"
REFUSED = "see Alertmanager's log, which says who refuses, and the address that is set for it"


def look_at_delivery(prometheus: PrometheusApi) -> Iterator[Finding]:
    """Yield whether messages are sent and taken.

    One that is lost while a receiver or Alertmanager starts again is sent again: only where most
    are lost something is wrong.
    """
    told = prometheus.data("alertmanagers")["activeAlertmanagers"]
    if not told:
        yield problem("delivery", "Prometheus tells no Alertmanager of alerts", GENERATED)
        return
    yield ok("delivery", f"Prometheus tells {len(told)} Alertmanager of alerts")
    sent, failed = _lately(prometheus, SENT), _lately(prometheus, FAILED)
    for kind, count in sent.items():
        lost = failed.get(kind, 0.0)
        said = f"{kind}: {lost:,.0f} of {count:,.0f} messages of the last {LATELY} were not taken"
        yield problem("delivery", said, REFUSED) if lost > count / 2 else ok("delivery", said)
    if not sent:
        yield ok("delivery", f"there was no message to anybody in the last {LATELY}")


def _lately(prometheus: PrometheusApi, metric: str) -> dict[str, float]:
    """Return how many messages were counted of late, by their kind, of kinds that were.

    What a young counter says is of late as a whole: `increase` would leave out what it had
    counted when Prometheus first saw it.
    """
    old = f"increase({metric}[{LATELY}]) and {metric} offset {LATELY}"
    found = prometheus.query(f"sum by (integration) (({old}) or {metric}) > 0")
    return {str(one["metric"]["integration"]): float(one["value"][1]) for one in found}
