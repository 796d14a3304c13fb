"""Every name that a site file declares, gathered before the file is checked in earnest.

Gathering forgives whatever is malformed, so that one mistake hides no other: a project with
a bad title still lends its id to the signs that speak of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from vitrine.adapters.site_file.problem import Path, dotted, quoted
from vitrine.domain.event import STANDARD_PARAMETERS, EventType, Parameter, ParameterKind
from vitrine.domain.referrer import CLASSES
from vitrine.domain.site import SignKind

CATALOGUE = ("sections", "projects", "skills", "timeline")
"""The lists whose ids are unique across all of them."""
CHANNELS = ("email", "phone", "linkedin", "github", "form", "calendar")


@dataclass(frozen=True, slots=True)
class Names:
    """What a file may refer to."""

    ids: Mapping[str, frozenset[str]]
    tags: frozenset[str]
    languages: frozenset[str]
    referrers: frozenset[str]
    event_types: Mapping[str, EventType]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Names:
        """Gather the names of a file, whatever else is wrong with it."""
        ids = {kind: frozenset(_texts(_ids(data, kind).values())) for kind in CATALOGUE}
        tags = [
            tag
            for kind in CATALOGUE
            for _, entry in _entries(data, kind)
            for tag in _texts(_list(entry, "tags"))
        ]
        ids["channels"] = frozenset(
            _texts(_list(data, "channels")) if "channels" in data else CHANNELS
        )
        own = data.get("referrers")
        classes = _texts(own.values()) if isinstance(own, dict) else []
        return cls(
            ids,
            frozenset(tags),
            frozenset(_texts(_list(data, "languages"))),
            frozenset((*CLASSES, *classes)),
            {kind.name: kind for kind in _event_types(data, _choices(ids))},
        )


def duplicates(data: Mapping[str, Any]) -> Iterator[tuple[Path, str]]:
    """Yield where something stands a second time that may stand only once."""
    catalogue = {path: name for kind in CATALOGUE for path, name in _ids(data, kind).items()}
    groups = [catalogue, _ids(data, "segments")]
    groups += [
        {(key, index): value for index, value in enumerate(_list(data, key))}
        for key in ("languages", "channels", "origins", "hosts")
    ]
    groups += [
        {("segments", index, "signs", at): _sign(sign) for at, sign in _entries(segment, "signs")}
        for index, segment in _entries(data, "segments")
    ]
    for group in groups:
        first: dict[str, Path] = {}
        for path, name in group.items():
            if not isinstance(name, str):
                continue
            if first.setdefault(name, path) != path:
                where = dotted(first[name])
                yield path, f"'{quoted(name)}' is taken by {where}; remove or rename one"


def _list(data: Mapping[str, Any], key: str) -> list[Any]:
    value = data.get(key)
    return value if isinstance(value, list) else []


def _entries(data: Mapping[str, Any], key: str) -> Iterator[tuple[int, dict[str, Any]]]:
    for index, entry in enumerate(_list(data, key)):
        if isinstance(entry, dict):
            yield index, entry


def _ids(data: Mapping[str, Any], kind: str) -> dict[Path, Any]:
    return {(kind, at, "id"): entry["id"] for at, entry in _entries(data, kind) if "id" in entry}


def _texts(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _sign(sign: Mapping[str, Any]) -> str | None:
    for kind in SignKind:
        if isinstance(sign.get(kind.value), str):
            return f"{kind.value}: {sign[kind.value]}"
    return None


def _choices(ids: Mapping[str, frozenset[str]]) -> Mapping[ParameterKind, frozenset[str]]:
    return {
        ParameterKind.PROJECT: ids["projects"],
        ParameterKind.SKILL: ids["skills"],
        ParameterKind.SECTION: ids["sections"],
        ParameterKind.TIMELINE: ids["timeline"],
        ParameterKind.CHANNEL: ids["channels"],
        ParameterKind.ITEM: frozenset().union(*(ids[kind] for kind in CATALOGUE)),
    }


def _event_types(
    data: Mapping[str, Any], choices: Mapping[ParameterKind, frozenset[str]]
) -> Iterator[EventType]:
    declared = data.get("events")
    for name, parameters in (declared if isinstance(declared, dict) else {}).items():
        found = _declared(parameters if isinstance(parameters, dict) else {}, choices)
        yield EventType(name, tuple(found))
    for name, standard in STANDARD_PARAMETERS.items():
        yield EventType(
            name,
            tuple(
                Parameter(parameter, kind, required, choices.get(kind, frozenset()))
                for parameter, kind, required in standard
            ),
        )


def _declared(
    parameters: Mapping[str, Any], choices: Mapping[ParameterKind, frozenset[str]]
) -> Iterator[Parameter]:
    for name, declared in parameters.items():
        told = declared if isinstance(declared, dict) else {}
        kind = next((kind for kind in ParameterKind if kind.value == told.get("kind")), None)
        if kind is None:
            continue
        own = frozenset(_texts(_list(told, "choices")))
        closed = own if kind is ParameterKind.CHOICE else choices.get(kind, frozenset())
        yield Parameter(name, kind, told.get("required") is True, closed)
