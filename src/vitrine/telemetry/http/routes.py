"""Which endpoint a request is for, known from the routes before the application runs.

Asking the application afterwards fails: since FastAPI 0.137 the route in a scope lacks the
prefix under which its router was included.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from vitrine.catalogue.labels import GROUPS, METHODS
from vitrine.catalogue.metric import OTHER

UNMATCHED = "unmatched"
"""The endpoint of requests that no route declares: unknown paths and other methods."""
KNOWN_METHODS = tuple(method for method in METHODS if method != OTHER)
GROUPS_BY_PREFIX = {
    "/api": "api",
    "/api/admin": "own",
    "/console": "console",
    "/docs": "own",
    "/health": "own",
    "/metrics": "own",
    "/openapi.json": "own",
    "/ready": "own",
    "/redoc": "own",
    "/runbooks": "own",
}
PAGE = "page"
"""The group of every path that no prefix names."""
UNTIMED = ("/metrics", "/metrics/public")

_PARAMETER = re.compile(r"{(\w+)(?::\w+)?}")
_BELOW = "/.*"
_NOTHING = "(?!)"


@dataclass(frozen=True, slots=True, eq=False)
class Endpoint:
    """What requests count under; `timed` ones are observed in the duration histogram.

    There is one object for each, so that it can be looked up by its identity.
    """

    method: str
    template: str
    group: str
    timed: bool = True


class Rule(NamedTuple):
    """One route with its full path. `methods` is `None` where it takes any."""

    pattern: re.Pattern[str]
    template: str
    methods: frozenset[str] | None
    statuses: tuple[int, ...] = ()


class Patterns(NamedTuple):
    """All routes of one method that have parameters, joined to one expression.

    `by_group` says which endpoint each of its outer groups stands for; `None` for paths
    that belong to a sub-application which has no route for them.
    """

    joined: re.Pattern[str]
    by_group: Mapping[int | None, Endpoint | None]


class HasRoutes(Protocol):
    """A FastAPI or Starlette application, or a router of theirs."""

    @property
    def routes(self) -> list[Any]: ...


class Routes:
    """All routes of a service, those of included routers, mounts and sub-applications too.

    `direct` are paths with their methods that are served ahead of `app`. `statuses` adds,
    by template, statuses that routes do not declare themselves. `groups` gives a group for
    each prefix of paths; the longest one counts. `untimed` are templates whose duration
    says nothing, such as scrapes and endless streams. Routes by host name are not known.
    """

    def __init__(
        self,
        direct: Mapping[str, Iterable[str]],
        app: HasRoutes | None = None,
        *,
        groups: Mapping[str, str] = GROUPS_BY_PREFIX,
        statuses: Mapping[str, Iterable[int]] | None = None,
        untimed: Iterable[str] = UNTIMED,
    ) -> None:
        self._groups = sorted(groups.items(), key=lambda item: len(item[0]), reverse=True)
        self._statuses = {path: tuple(given) for path, given in (statuses or {}).items()}
        self._untimed = frozenset(untimed)
        rules = [*_direct(direct), *(_flatten(app.routes) if app is not None else ())]
        self._declared = [rule for rule in rules if rule.template != UNMATCHED]
        self._static: dict[tuple[str, str], Endpoint] = {}
        self._patterns = {method: self._join(method, rules) for method in KNOWN_METHODS}
        self._unmatched = {
            (method, group): Endpoint(method, UNMATCHED, group)
            for method in METHODS
            for group in GROUPS
        }

    @property
    def templates(self) -> tuple[str, ...]:
        """Every value of the label `endpoint`."""
        return (*dict.fromkeys(rule.template for rule in self._declared), UNMATCHED)

    def find(self, method: str, path: str) -> Endpoint:
        """Return the endpoint of a request, as the application will choose it."""
        found = self._static.get((method, path))
        if found is not None:
            return found
        patterns = self._patterns.get(method)
        if patterns is None:
            return self._unmatched[OTHER, self._group(path)]
        match = patterns.joined.fullmatch(path)
        if match is not None:
            found = patterns.by_group[match.lastindex]
        return found or self.undeclared(method, path)

    def undeclared(self, method: str, path: str) -> Endpoint:
        """Return the endpoint of a known method that no route declares for a path."""
        return self._unmatched[method, self._group(path)]

    def pairs(self) -> list[tuple[str, str]]:
        """Return method and endpoint of what is timed, where durations start at 0."""
        found = [
            (method, rule.template)
            for rule in self._declared
            if rule.template not in self._untimed
            for method in _methods(rule)
        ]
        return list(dict.fromkeys([*found, ("GET", UNMATCHED)]))

    def combinations(self) -> list[tuple[str, str, str]]:
        """Return method, endpoint and status of what starts at 0: what is declared, and 500.

        HEAD of what is untimed begins once somebody asks so: that is seldom, and no visitor.
        """
        found = [
            (method, rule.template, str(status))
            for rule in self._declared
            for method in _methods(rule)
            if method != "HEAD" or rule.template not in self._untimed
            for status in (*rule.statuses, *self._statuses.get(rule.template, ()), 500)
        ]
        return list(dict.fromkeys([*found, ("GET", UNMATCHED, "404")]))

    def _join(self, method: str, rules: Iterable[Rule]) -> Patterns:
        """Return the routes of a method with parameters; put those without into `_static`."""
        mine = [rule for rule in rules if rule.methods is None or method in rule.methods]
        endpoints = {id(rule): self._endpoint(method, rule) for rule in mine}
        for path in (rule.template for rule in mine if _is_static(rule)):
            first = next(rule for rule in mine if rule.pattern.fullmatch(path))
            endpoint = endpoints[id(first)]
            if endpoint is not None:
                self._static[method, path] = endpoint
        patterns = [rule for rule in mine if not _is_static(rule)]
        joined = "|".join(f"({rule.pattern.pattern})" for rule in patterns) or _NOTHING
        return Patterns(
            re.compile(joined),
            {number: endpoints[id(rule)] for number, rule in _numbered(patterns)},
        )

    def _endpoint(self, method: str, rule: Rule) -> Endpoint | None:
        if rule.template == UNMATCHED:
            return None
        timed = rule.template not in self._untimed
        return Endpoint(method, rule.template, self._group(rule.template), timed)

    def _group(self, path: str) -> str:
        for prefix, group in self._groups:
            if path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in ("", "/"):
                return group
        return PAGE


def _numbered(rules: Iterable[Rule]) -> Iterator[tuple[int, Rule]]:
    """Yield each rule with the number of its outer group when all are joined."""
    number = 1
    for rule in rules:
        yield number, rule
        number += rule.pattern.groups + 1


def _methods(rule: Rule) -> Iterable[str]:
    return ("GET",) if rule.methods is None else sorted(rule.methods)


def _is_static(rule: Rule) -> bool:
    return rule.template != UNMATCHED and "{" not in rule.template


def _direct(direct: Mapping[str, Iterable[str]]) -> Iterator[Rule]:
    for path, methods in direct.items():
        pattern = re.compile(re.escape(path))
        yield Rule(pattern, path, frozenset(methods))
        yield Rule(pattern, UNMATCHED, None)


def _flatten(routes: Iterable[Any], pattern: str = "", template: str = "") -> Iterator[Rule]:
    """Yield the rules of routes in the order in which they are tried, below a prefix."""
    from fastapi.routing import iter_route_contexts
    from starlette.routing import Mount, Route

    for context in iter_route_contexts(tuple(routes)):
        if not isinstance(context.original_route, Mount | Route):
            continue
        path = str(context.path)
        below = pattern + _regex(path, context.param_convertors)
        named = template + _PARAMETER.sub(r"{\1}", path)
        if isinstance(context.original_route, Mount):
            yield from _mounted(context.routes, below, named)
        else:
            methods = None if context.methods is None else frozenset(context.methods)
            yield Rule(re.compile(below), named, methods, _statuses(context))


def _mounted(routes: list[Any], pattern: str, template: str) -> Iterator[Rule]:
    """Yield the rules of a mount; no path below it is ever tried on later routes."""
    if routes:
        yield from _flatten(routes, pattern, template)
        yield Rule(re.compile(pattern + _BELOW), UNMATCHED, None)
    else:
        yield Rule(re.compile(pattern + _BELOW), template + "/{path}", None, (200,))


def _regex(path: str, convertors: Mapping[str, Any]) -> str:
    parts = _PARAMETER.split(path)
    parts[::2] = [re.escape(text) for text in parts[::2]]
    parts[1::2] = [f"(?:{convertors[name].regex})" for name in parts[1::2]]
    return "".join(parts)


def _statuses(context: Any) -> tuple[int, ...]:
    declared = (str(status) for status in getattr(context, "responses", None) or ())
    usual = getattr(context, "status_code", None) or 200
    return (usual, *(int(status) for status in declared if status.isdigit()))
