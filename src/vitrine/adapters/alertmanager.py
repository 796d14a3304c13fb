"""`Silences` on an Alertmanager, over version 2 of its HTTP API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from vitrine.adapters.monitoring_http import MonitoringHttp
from vitrine.usecases.monitoring_ports import Labels, QuestionRefusedError, Silence

AUTHOR = "console"


class AlertmanagerSilences:
    """Satisfies `Silences`."""

    def __init__(self, url: str) -> None:
        self._http = MonitoringHttp(url, "Alertmanager")

    async def active(self) -> Sequence[Silence]:
        found = await self._ask("GET", "silences")
        try:
            silences = [_silence(one) for one in found if one["status"]["state"] == "active"]
        except (KeyError, TypeError):
            raise self._http.stranger() from None
        return sorted(silences, key=lambda silence: silence.until_ms)

    async def create(self, labels: Labels, from_ms: int, until_ms: int, comment: str) -> str:
        matchers = [
            {"name": name, "value": value, "isRegex": False, "isEqual": True}
            for name, value in labels.items()
        ]
        content = {
            "matchers": matchers,
            "startsAt": _written(from_ms),
            "endsAt": _written(until_ms),
            "createdBy": AUTHOR,
            "comment": comment,
        }
        return str((await self._ask("POST", "silences", json=content))["silenceID"])

    async def expire(self, silence: str) -> None:
        await self._ask("DELETE", f"silence/{silence}")

    async def close(self) -> None:
        """Close every connection."""
        await self._http.close()

    async def _ask(self, method: str, path: str, **content: Any) -> Any:
        answer = await self._http.ask(method, f"/api/v2/{path}", **content)
        if not answer.is_success:
            raise QuestionRefusedError(answer.text.strip().strip('"') or answer.reason_phrase)
        try:
            return answer.json() if answer.content else {}
        except ValueError:
            raise self._http.stranger() from None


def _silence(found: dict[str, Any]) -> Silence:
    labels = {matcher["name"]: matcher["value"] for matcher in found["matchers"]}
    until = datetime.fromisoformat(found["endsAt"])
    return Silence(found["id"], labels, int(until.timestamp() * 1_000), found["comment"])


def _written(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1_000, UTC).isoformat()
