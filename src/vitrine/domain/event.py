"""An event as a visitor's page reports it, checked against the types that a site declares."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from vitrine.domain.referrer import referrer_class

MILLISECONDS_FROM = 100_000_000_000
"""A timestamp from here on is in milliseconds: as seconds it would be the year 5138."""
LONGEST_ID = 128
LONGEST_EVENT_ID = 64
LONGEST_DURATION_MS = 24 * 3_600_000

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})?")


class RejectionReason(StrEnum):
    """Why an event was not taken; the closed set that receipts, logs and metrics use."""

    MALFORMED = "malformed"
    UNKNOWN_EVENT = "unknown_event"
    BAD_PARAMETER = "bad_parameter"
    TOO_OLD = "too_old"
    TOO_FAR_IN_THE_FUTURE = "too_far_in_the_future"
    BOT = "bot"
    OVER_LIMIT = "over_limit"
    OWNER = "owner"
    OPTED_OUT = "opted_out"


class Rejection(NamedTuple):
    """A refusal that says what was wrong, for the person who sent the event."""

    reason: RejectionReason
    detail: str


class Event(NamedTuple):
    """One thing that a visitor did.

    `at` is in milliseconds since the epoch; `clocked` tells whether the sender gave it.
    `visitor` is a pseudonym, never the id that came in.
    """

    visitor: str
    name: str
    at: int
    params: dict[str, str | int]
    event_id: str | None = None
    clocked: bool = True


class ParameterKind(StrEnum):
    """What a parameter may hold."""

    PROJECT = "project"
    SKILL = "skill"
    SECTION = "section"
    ITEM = "item"
    TIMELINE = "timeline"
    CHANNEL = "channel"
    DURATION_MS = "duration_ms"
    PERCENT = "percent"
    COUNT = "count"
    LANGUAGE = "language"
    URL = "url"
    REFERRER = "referrer"
    CHOICE = "choice"


CATALOGUE_KINDS = frozenset(
    {
        ParameterKind.PROJECT,
        ParameterKind.SKILL,
        ParameterKind.SECTION,
        ParameterKind.ITEM,
        ParameterKind.TIMELINE,
        ParameterKind.CHANNEL,
        ParameterKind.CHOICE,
    }
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an event type; `choices` closes the catalogue kinds."""

    name: str
    kind: ParameterKind
    required: bool = False
    choices: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class EventType:
    """An event name with the parameters it may carry."""

    name: str
    parameters: tuple[Parameter, ...] = ()


STANDARD_PARAMETERS: Mapping[str, tuple[tuple[str, ParameterKind, bool], ...]] = {
    "project_click": (("project_id", ParameterKind.PROJECT, True),),
    "skill_hover": (
        ("skill_id", ParameterKind.SKILL, True),
        ("duration_ms", ParameterKind.DURATION_MS, False),
    ),
    "section_view": (
        ("section_id", ParameterKind.SECTION, True),
        ("duration_ms", ParameterKind.DURATION_MS, False),
    ),
    "contact_intent": (("channel", ParameterKind.CHANNEL, False),),
    "language_switch": (
        ("from", ParameterKind.LANGUAGE, False),
        ("to", ParameterKind.LANGUAGE, False),
    ),
    "deep_read": (
        ("project_id", ParameterKind.PROJECT, True),
        ("duration_ms", ParameterKind.DURATION_MS, False),
    ),
    "repeat_view": (
        ("item_id", ParameterKind.ITEM, True),
        ("count", ParameterKind.COUNT, False),
    ),
    "scroll_depth": (("percent", ParameterKind.PERCENT, True),),
    "career_timeline_interact": (("entry_id", ParameterKind.TIMELINE, False),),
    "download_resume": (),
    "external_link_click": (("url", ParameterKind.URL, False),),
}
"""The eleven events of every site, with (parameter, kind, required)."""

PAGE_REFERRER = Parameter("page_referrer", ParameterKind.REFERRER)
"""Every event may name the page that led to the site; only its class is kept."""


def _number(value: Any, low: float, high: float, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ValueError(f"must be {what} from {low:,.0f} to {high:,.0f}")
    return round(value)


def _text(value: Any, longest: int = 2_048) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise ValueError(f"must be a text of 1 to {longest} characters")
    return value


def _language(value: Any) -> str:
    if not _LANGUAGE.fullmatch(_text(value)):
        raise ValueError("must be a language tag such as en or pt-BR")
    return str(value).lower()


def _host(value: Any) -> str:
    host = urlsplit(_text(value)).hostname
    if not host or len(host) > 253 or not host.isprintable():  # RFC 1035: the longest name
        raise ValueError("must be an absolute URL")
    return host


_READERS: Mapping[ParameterKind, Callable[[Any], str | int]] = {
    ParameterKind.DURATION_MS: lambda v: _number(v, 0, LONGEST_DURATION_MS, "milliseconds"),
    ParameterKind.PERCENT: lambda v: _number(v, 0, 100, "a number"),
    ParameterKind.COUNT: lambda v: _number(v, 1, 100_000, "a number"),
    ParameterKind.LANGUAGE: _language,
    ParameterKind.URL: _host,
}


class EventReader:
    """Turns what a page sent into events, or says why not.

    Built once per site. `hosts` are the site's own, so that a referrer among them is internal.
    """

    def __init__(
        self,
        types: Mapping[str, EventType],
        *,
        max_age_ms: int,
        max_ahead_ms: int,
        hosts: Collection[str] = (),
        referrers: Mapping[str, str] | None = None,
    ) -> None:
        self._types = {
            name: (
                {parameter.name: parameter for parameter in (*kind.parameters, PAGE_REFERRER)},
                tuple(p.name for p in kind.parameters if p.required),
            )
            for name, kind in types.items()
        }
        self._max_age_ms = max_age_ms
        self._max_ahead_ms = max_ahead_ms
        self._hosts = hosts
        self._referrers = referrers

    def read(
        self, raw: Any, visitor: str, now_ms: int
    ) -> tuple[Event | Rejection, tuple[str, ...]]:
        """Return the event, or its rejection, and the names of parameters that were dropped."""
        if not isinstance(raw, dict):
            return Rejection(RejectionReason.MALFORMED, "an event must be a JSON object"), ()
        name = raw.get("event_name")
        known = self._types.get(name) if isinstance(name, str) else None
        if known is None:
            return Rejection(RejectionReason.UNKNOWN_EVENT, _unknown_event(name, self._types)), ()
        event_id = raw.get("event_id")
        if event_id is not None and not _is_id(event_id, LONGEST_EVENT_ID):
            detail = f"event_id: must be a text of 1 to {LONGEST_EVENT_ID} characters"
            return Rejection(RejectionReason.MALFORMED, detail), ()
        at = self._time(raw.get("event_timestamp"), now_ms)
        if isinstance(at, Rejection):
            return at, ()
        given = raw.get("event_params")
        if given is None:
            given = {}
        elif not isinstance(given, dict):
            return Rejection(RejectionReason.BAD_PARAMETER, "event_params: must be an object"), ()
        params, dropped = self._params(given, known)
        if isinstance(params, Rejection):
            return params, ()
        clocked = raw.get("event_timestamp") is not None
        return Event(visitor, str(name), at, params, event_id, clocked), dropped

    def _time(self, stamp: Any, now_ms: int) -> int | Rejection:
        if stamp is None:
            return now_ms
        number = isinstance(stamp, int | float) and not isinstance(stamp, bool)
        if not number or (isinstance(stamp, float) and not math.isfinite(stamp)):
            return Rejection(
                RejectionReason.MALFORMED,
                "event_timestamp: must be seconds or milliseconds since 1970",
            )
        at = stamp if stamp >= MILLISECONDS_FROM else stamp * 1000
        if at < now_ms - self._max_age_ms:
            hours = self._max_age_ms / 3_600_000
            return Rejection(
                RejectionReason.TOO_OLD, f"event_timestamp: more than {hours:g} hours ago"
            )
        if at > now_ms + self._max_ahead_ms:
            minutes = self._max_ahead_ms / 60_000
            return Rejection(
                RejectionReason.TOO_FAR_IN_THE_FUTURE,
                f"event_timestamp: more than {minutes:g} minutes ahead",
            )
        return int(at)

    def _params(
        self, given: dict[str, Any], known: tuple[dict[str, Parameter], tuple[str, ...]]
    ) -> tuple[dict[str, str | int] | Rejection, tuple[str, ...]]:
        declared, required = known
        params: dict[str, str | int] = {}
        dropped: tuple[str, ...] = ()
        for name, value in given.items():
            parameter = declared.get(name)
            if parameter is None:
                dropped = (*dropped, name)
                continue
            if value is None and not parameter.required:
                continue
            try:
                params[name] = self._value(parameter, value)
            except ValueError as problem:
                return Rejection(RejectionReason.BAD_PARAMETER, f"{name}: {problem}"), ()
        for name in required:
            if name not in params:
                return Rejection(RejectionReason.BAD_PARAMETER, f"{name}: is missing"), ()
        return params, dropped

    def _value(self, parameter: Parameter, value: Any) -> str | int:
        kind = parameter.kind
        if kind in CATALOGUE_KINDS:
            if not isinstance(value, str) or value not in parameter.choices:
                raise ValueError(f"no {kind.value} of this site has that id")
            return value
        if kind is ParameterKind.REFERRER:
            if not isinstance(value, str):
                raise ValueError("must be a URL")
            return referrer_class(value, self._hosts, self._referrers)
        return _READERS[kind](value)


def _is_id(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and value.isprintable()


def is_visitor_id(value: Any) -> bool:
    """Whether a `user_pseudo_id` is a printable text of 1 to 128 characters."""
    return _is_id(value, LONGEST_ID)


def _unknown_event(name: Any, types: Collection[str]) -> str:
    if name is None:
        return "event_name: is missing"
    return f"event_name: not one of this site's {len(types)} events"
