"""The panels of a dashboard as Grafana reads it."""

from __future__ import annotations

from typing import Any


def panels_of(made: dict[str, Any]) -> list[dict[str, Any]]:
    """Return all panels, those in folded rows among them, in their order."""
    return [panel for one in made["panels"] for panel in one.get("panels", [one])]
