"""What a running configuration of Alertmanager would do: whom it tells, and of what."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

Configuration = Mapping[str, Any]
INTEGRATIONS = "_configs"
SILENT_BY_DEFAULT = ("slack_configs", "email_configs")
"""Where `send_resolved` is false unless it is said."""
_MATCHER = re.compile(r"""^\s*"?([^\s"=!~]+)"?\s*(=~|!~|!=|=)\s*(?:"(.*)"|'(.*)'|(.*?))\s*$""")


class Route(NamedTuple):
    """Where an alert goes; `own` if by a route made for it, `muted` if nobody is told."""

    receiver: str
    own: bool
    muted: bool


def receivers(configuration: Configuration) -> dict[str, list[str]]:
    """Return the kinds of integrations of each receiver."""
    return {
        str(receiver["name"]): [
            name for name, configs in receiver.items() if name.endswith(INTEGRATIONS) and configs
        ]
        for receiver in configuration.get("receivers") or ()
    }


def silent_ends(configuration: Configuration) -> Iterator[str]:
    """Yield each Slack or e-mail integration that never says that an alert is over."""
    for receiver in configuration.get("receivers") or ():
        for kind in SILENT_BY_DEFAULT:
            for config in receiver.get(kind) or ():
                if not config.get("send_resolved", False):
                    yield f"{kind.removesuffix(INTEGRATIONS)} of {receiver['name']}"


def route_of(configuration: Configuration, labels: Mapping[str, str]) -> Route:
    """Return where an alert with these labels goes first."""
    route = configuration["route"]
    receiver, own = str(route.get("receiver", "")), False
    while True:
        inner = next((one for one in route.get("routes") or () if _takes(one, labels)), None)
        if inner is None:
            return Route(receiver, own, bool(own and route.get("mute_time_intervals")))
        route, own = inner, True
        receiver = str(route.get("receiver") or receiver)


def _takes(route: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    listed = [_read(text) for text in route.get("matchers") or ()]
    equal = [(name, "=", value) for name, value in (route.get("match") or {}).items()]
    like = [(name, "=~", value) for name, value in (route.get("match_re") or {}).items()]
    return all(_matches(*matcher, labels) for matcher in (*listed, *equal, *like))


def _read(text: str) -> tuple[str, str, str]:
    found = _MATCHER.match(text)
    if found is None:
        raise ValueError(f"{text!r} is no matcher")
    name, sign, *values = found.groups()
    return name, sign, next((value for value in values if value is not None), "")


def _matches(name: str, sign: str, value: str, labels: Mapping[str, str]) -> bool:
    label = labels.get(name, "")
    equal = label == value if sign in ("=", "!=") else re.fullmatch(value, label) is not None
    return equal != sign.startswith("!")
