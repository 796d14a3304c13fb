"""What an operator needs to know of the limits on who sends."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.limits import SITE_EVENTS
from vitrine.catalogue.metrics import API_LIMITED, EVENTS_RECEIVED
from vitrine.catalogue.promql import increase, rate, select, sum_by, sum_of

_REFUSED = {"limit": SITE_EVENTS.name.value}
_refused = sum_of(increase(select(API_LIMITED, **_REFUSED), "5m"))

SITE_LIMIT_REACHED = Alert(
    "SiteLimitReached",
    Severity.WARNING,
    _refused > 0,
    "0s",
    "The site takes no more events",
    "{{ $value | humanize }} events were refused in 5 minutes because everybody together sends"
    f" more than {SITE_EVENTS.setting}.",
    Runbook(
        "All visitors together send more events in a minute than the site takes.",
        "Events of everybody are refused, whoever sends too many; pages go on as they are, decided"
        " by what was known before.",
        (
            Look(
                "events refused in 5 minutes, by limit",
                sum_by(increase(select(API_LIMITED), "5m"), "limit"),
            ),
            Look(
                "events a second, by what became of them",
                sum_by(rate(select(EVENTS_RECEIVED), "5m"), "receipt"),
            ),
        ),
        (
            (
                "If these are your visitors and the database keeps up, raise"
                f" {SITE_EVENTS.setting}; docs/reference/limits.md has all limits."
            ),
            "If somebody floods the site from many networks, keep them out at the proxy.",
        ),
    ),
    (Feed(API_LIMITED, _REFUSED, 0.0),),
    (Feed(API_LIMITED, _REFUSED, 600.0),),
)
