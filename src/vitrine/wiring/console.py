"""The console of a running service."""

from __future__ import annotations

from hashlib import blake2b

from vitrine.adapters.prometheus_series import PrometheusSeriesStore
from vitrine.api.service import Service
from vitrine.console import Given
from vitrine.wiring.home import Home, now_ms

COOKIES = b"console cookies"
"""What the derived key is for; no other use of the home's key derives the same."""


def console(home: Home, service: Service) -> Given:
    """Return what the console of a home may call."""
    return Given(
        site=home.site,
        public_url=home.settings.public_url,
        password=home.settings.password(),
        key=blake2b(key=home.key, person=COOKIES, digest_size=32).digest(),
        sender=service.senders.sender,
        clock=now_ms,
        emit=service.emit,
        switch=service.switch,
        series=PrometheusSeriesStore(home.settings.prometheus_url),
    )
