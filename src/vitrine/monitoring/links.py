"""Where an alert or a panel leads: addresses below the one under which people reach Vitrine."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.dashboards.overview import DASHBOARD as OVERVIEW


@dataclass(frozen=True, slots=True)
class Links:
    """Addresses of pages; `public_url` has no slash at its end."""

    public_url: str

    def runbook(self, alert: str) -> str:
        """Return where an alert's runbook is read, without a login."""
        return f"{self.public_url}/runbooks/{alert}"

    def dashboard(self, uid: str) -> str:
        """Return where the console shows a dashboard."""
        return f"{self.public_url}/console/dashboards/{uid}"

    def dashboard_of(self, alert: str) -> str:
        """Return the first dashboard with a panel that an alert watches, else the overview."""
        watched = (
            board.uid for board in DASHBOARDS for panel in board.panels if alert in panel.alerts
        )
        return self.dashboard(next(watched, OVERVIEW.uid))


LOCAL = Links("http://127.0.0.1:8000")
"""Of a service on this machine, as the generated files have it."""
