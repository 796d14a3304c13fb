"""What pydantic found, in words for the person who wrote the site file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from vitrine.adapters.site_file.fields import SHAPES
from vitrine.adapters.site_file.models import SitePart
from vitrine.adapters.site_file.problem import Path, advice, quoted

_WRONG_TYPE: Mapping[str, str] = {
    "string_type": "must be text; put it in quotes",
    "list_type": "must be a list; write [a, b] or one '- ' line for each",
    "dict_type": "must be a mapping; write 'name: value' lines, or {} for none",
    "model_type": "must be a mapping; write 'name: value' lines",
    "float_type": "must be a number; write it without quotes",
    "int_type": "must be a whole number; write it without quotes",
    "int_from_float": "must be a whole number; drop the fraction",
    "bool_type": "must be true or false; write one of them without quotes",
    "finite_number": "must be a finite number; write a smaller one",
}


def explain(error: ValidationError) -> Iterator[tuple[Path, str]]:
    """Yield where each mistake stands and what to say about it."""
    for found in error.errors(include_url=False):
        path = tuple(part for part in found["loc"] if part != "[key]")
        yield path, _message(found, path)


def _message(found: ErrorDetails, path: Path) -> str:
    kind, context = found["type"], found.get("ctx", {})
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return f"is no field here; {advice(str(path[-1]), _fields(path[:-1]))}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "site_file":
        return str(context["what"])
    if kind == "string_pattern_mismatch":
        return f"'{quoted(found['input'])}' cannot stand here; {SHAPES[context['pattern']]}"
    if kind in _WRONG_TYPE:
        return _WRONG_TYPE[kind]
    what = found["msg"].partition(" should ")[2].replace("valid ", "")
    return f"should {what}; change it"


def _fields(path: Path) -> list[str]:
    """Return the fields of the part of a site file to which a path leads."""
    part: type[BaseModel] = SitePart
    for step in path:
        if isinstance(step, str) and step in part.model_fields:
            part = next(_parts(part.model_fields[step].annotation), part)
    return list(part.model_fields)


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _parts(inner)
