"""The values that a site file is made of: ids, patterns, strengths, references.

A reference is checked against the `Names` that are handed over as validation context.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema

from vitrine.adapters.site_file.names import Names
from vitrine.adapters.site_file.problem import advice, quoted
from vitrine.domain.event import PAGE_REFERRER, STANDARD_PARAMETERS, ParameterKind
from vitrine.domain.evidence import DEPTHS, PACES

STRENGTHS = {"weak": 0.7, "normal": 1.4, "strong": 2.4}
STRONGEST = 4.0
EVERY_LANGUAGE = "*"

ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
EVENT = r"^[a-z][a-z0-9_]{0,39}$"
LANGUAGE = r"^[a-z]{2,3}(-[a-z0-9]{2,8})?$"
HOST = r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
SHAPES: Mapping[str, str] = {
    ID: "write letters, digits, '.', '_' and '-', at most 64",
    EVENT: "write lower-case letters, digits and '_', at most 40, a letter first",
    LANGUAGE: "write a language tag in lower case, such as en or pt-br",
    HOST: "write the name alone in lower case, such as example.org",
}

NOT_DECLARABLE = frozenset({*STANDARD_PARAMETERS, "unknown"})
"""Names that a site's own events cannot have; `unknown` counts what is not declared."""
KINDS = tuple(kind.value for kind in ParameterKind if kind is not ParameterKind.REFERRER)


def names_of(info: ValidationInfo) -> Names:
    assert isinstance(info.context, Names)
    return info.context


def declared(kind: str, noun: str) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        known = names_of(info).ids[kind]
        if value not in known:
            raise ValueError(f"no {noun} has the id '{quoted(value)}'; {advice(value, known)}")
        return value

    return AfterValidator(check)


def one_of(noun: str, known: Callable[[Names], frozenset[str]]) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        names = known(names_of(info))
        if value not in names:
            raise ValueError(f"'{quoted(value)}' is no {noun}; {advice(value, names)}")
        return value

    return AfterValidator(check)


def _closed(noun: str, values: tuple[str, ...]) -> AfterValidator:
    return one_of(noun, lambda _: frozenset(values))


def _strength(value: Any) -> Any:
    if isinstance(value, str):
        if value not in STRENGTHS:
            raise ValueError(
                f"'{quoted(value)}' is no strength; write {', '.join(STRENGTHS)} "
                f"or a number from -{STRONGEST:g} to {STRONGEST:g}"
            )
        return STRENGTHS[value]
    return value


def _pattern(value: str) -> str:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(value)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(f"is no regular expression ({error}); mend the pattern") from None
    return value


def _origin(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        parts, port = urlsplit(""), None
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    right = f"{parts.scheme}://{host}{'' if port is None else f':{port}'}"
    if parts.scheme not in ("http", "https") or not parts.hostname or not value.isprintable():
        raise ValueError(f"'{quoted(value)}' is no origin; write one like https://example.org")
    if value != right:
        raise ValueError(f"'{quoted(value)}' is more than an origin; write {quoted(right)}")
    return value


def _in_every_language(value: Any) -> Any:
    return {EVERY_LANGUAGE: value} if isinstance(value, str) else value


def _own_event(value: str) -> str:
    if value in NOT_DECLARABLE:
        raise ValueError(f"'{value}' is there without being declared; take another name")
    return value


def _own_parameter(value: str) -> str:
    if value == PAGE_REFERRER.name:
        raise ValueError("every event may carry it already; leave it out")
    return value


Id = Annotated[str, Field(pattern=ID)]
Text = Annotated[str, Field(min_length=1, max_length=500)]
LanguageTag = Annotated[str, Field(pattern=LANGUAGE)]
Host = Annotated[str, Field(pattern=HOST)]
Pattern = Annotated[str, Field(max_length=2_000), AfterValidator(_pattern)]
Origin = Annotated[str, AfterValidator(_origin)]
EventName = Annotated[str, one_of("event of this site", lambda n: frozenset(n.event_types))]
OwnEventName = Annotated[str, Field(pattern=EVENT), AfterValidator(_own_event)]
OwnParameter = Annotated[str, Field(pattern=EVENT), AfterValidator(_own_parameter)]
OwnClass = Annotated[str, Field(pattern=EVENT)]
Kind = Annotated[
    str, _closed("kind of parameter", KINDS), Field(json_schema_extra={"enum": list(KINDS)})
]
Pace = Annotated[str, _closed("pace", PACES), Field(json_schema_extra={"enum": list(PACES)})]
Depth = Annotated[str, _closed("depth", DEPTHS), Field(json_schema_extra={"enum": list(DEPTHS)})]
Strength = Annotated[
    float,
    BeforeValidator(_strength),
    Field(ge=-STRONGEST, le=STRONGEST),
    WithJsonSchema(
        {
            "anyOf": [
                {"enum": list(STRENGTHS)},
                {"type": "number", "minimum": -STRONGEST, "maximum": STRONGEST},
            ]
        }
    ),
]
ReasoningLanguage = Annotated[
    str, one_of("language of this site", lambda n: n.languages | {EVERY_LANGUAGE})
]
Reasoning = Annotated[
    dict[ReasoningLanguage, Text],
    BeforeValidator(_in_every_language),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1, "maxLength": 500},
                {"type": "object", "additionalProperties": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]
