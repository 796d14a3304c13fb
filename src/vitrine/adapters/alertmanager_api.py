"""What an operator asks of an Alertmanager: the silences that it keeps, and to keep some."""

from __future__ import annotations

from typing import Any

from vitrine.adapters.http_api import ApiError, HttpApi

SILENCES = "/api/v2/silences"


class AlertmanagerApi(HttpApi):
    """The API of one Alertmanager; what it does not answer raises `ApiError`."""

    def silences(self) -> list[dict[str, Any]]:
        """Return every silence that it knows, those that are over among them."""
        found = self.json(SILENCES)
        if not isinstance(found, list):
            raise ApiError(f"{self.url} is no Alertmanager")
        return found

    def silence(self, wanted: dict[str, Any]) -> None:
        """Have it keep a silence, under an id of its own."""
        self.json(SILENCES, method="POST", content=wanted)
