"""What a doctor finds of messages that are sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.operations.doctor.delivery import FAILED, look_at_delivery
from vitrine.operations.doctor.finding import Level


class Telling(PrometheusApi):
    """A Prometheus that tells so many Alertmanagers, and knows what they sent."""

    def __init__(self, told: int, sent: Mapping[str, int], failed: Mapping[str, int]) -> None:
        super().__init__("http://127.0.0.1:1")
        self._told = told
        self._sent, self._failed = sent, failed

    def data(self, *_args: Any, **_options: Any) -> Any:
        return {"activeAlertmanagers": [{"url": "http://127.0.0.1:9093"}] * self._told}

    def query(self, expression: str, at_s: float | None = None) -> list[dict[str, Any]]:
        counts = self._failed if FAILED in expression else self._sent
        return [
            {"metric": {"integration": kind}, "value": [0, str(count)]}
            for kind, count in counts.items()
        ]


def seen(
    told: int = 1, sent: Mapping[str, int] | None = None, failed: Mapping[str, int] | None = None
) -> tuple[Level, str]:
    *_, last = look_at_delivery(Telling(told, sent or {}, failed or {}))
    return last.level, last.found


def test_messages_that_are_taken_are_counted_by_their_kind() -> None:
    said = "webhook: 0 of 10 messages of the last 10m were not taken"
    assert seen(sent={"webhook": 10}) == (Level.OK, said)
    assert seen() == (Level.OK, "there was no message to anybody in the last 10m")


def test_a_receiver_that_takes_few_messages_is_a_problem() -> None:
    assert seen(sent={"slack": 2, "webhook": 10}, failed={"webhook": 9}) == (
        Level.PROBLEM,
        "webhook: 9 of 10 messages of the last 10m were not taken",
    )


def test_one_message_that_is_lost_in_a_restart_is_none() -> None:
    assert seen(sent={"webhook": 10}, failed={"webhook": 1})[0] is Level.OK


def test_a_prometheus_that_tells_nobody_is_a_problem() -> None:
    assert seen(told=0) == (Level.PROBLEM, "Prometheus tells no Alertmanager of alerts")
