"""What HTTP requests leave behind: counts, clocks, an outcome and an id."""

from vitrine.telemetry.http.middleware import HttpTelemetry
from vitrine.telemetry.http.routes import Routes
from vitrine.telemetry.http.series import FinishedRequest

__all__ = ["FinishedRequest", "HttpTelemetry", "Routes"]
