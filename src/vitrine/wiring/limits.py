"""The limits as they are set: on events, on what a process answers, and on tokens."""

from __future__ import annotations

from vitrine.catalogue import limits
from vitrine.domain.limit import EventBounds
from vitrine.settings import Settings
from vitrine.signals import Emit
from vitrine.usecases.allowance import Allowance
from vitrine.usecases.gate import Gate
from vitrine.wiring.home import now_ms


def events_of(settings: Settings) -> EventBounds:
    """Return how many events each visitor, each network and the whole site may send."""
    return EventBounds(
        visitor=settings.bounds(limits.VISITOR_EVENTS),
        network=settings.bounds(limits.NETWORK_EVENTS),
        site=settings.bounds(limits.SITE_EVENTS),
    )


def allowance(settings: Settings, limit: limits.Limit, emit: Emit) -> Allowance:
    """Return what this process allows by a limit."""
    return Allowance(limit.name, settings.bounds(limit), emit)


def gate(settings: Settings, token: str, emit: Emit) -> Gate:
    """Return what opens for a token of the owner's."""
    return Gate(
        token,
        requests=allowance(settings, limits.TOKEN_REQUESTS, emit),
        wrong=allowance(settings, limits.NETWORK_WRONG_TOKENS, emit),
        clock=now_ms,
    )
