"""The shape of a site file: what pydantic checks, and what its JSON Schema says.

References to what the file declares are checked in the same pass, against the `Names` that
are handed over as validation context, so that all mistakes come out at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from vitrine.adapters.site_file.fields import (
    STRENGTHS,
    Depth,
    EventName,
    Host,
    Id,
    Kind,
    LanguageTag,
    Origin,
    OwnClass,
    OwnEventName,
    OwnParameter,
    Pace,
    Pattern,
    Reasoning,
    Strength,
    Text,
    declared,
    names_of,
    one_of,
)
from vitrine.adapters.site_file.names import CHANNELS, Names
from vitrine.adapters.site_file.problem import Path, advice, quoted
from vitrine.domain.event import CATALOGUE_KINDS, ParameterKind
from vitrine.domain.referrer import DIRECT, INTERNAL
from vitrine.domain.site import SignKind

TEXT_KINDS = CATALOGUE_KINDS | {ParameterKind.LANGUAGE, ParameterKind.URL}


def _refuse(mistakes: list[tuple[Path, str]]) -> None:
    if mistakes:
        raise ValidationError.from_exception_data(
            "site file",
            [
                InitErrorDetails(
                    type=PydanticCustomError("site_file", "{what}", {"what": message}),
                    loc=path,
                    input=None,
                )
                for path, message in mistakes
            ],
        )


def _unfit(event: str, params: Mapping[str, str], names: Names) -> list[tuple[Path, str]]:
    """Return what is wrong with values that stand for parameters of an event."""
    known = {parameter.name: parameter for parameter in names.event_types[event].parameters}
    mistakes: list[tuple[Path, str]] = []
    for name, value in params.items():
        parameter = known.get(name)
        if parameter is None:
            message = f"{event} has no such parameter; {advice(name, known)}"
        elif parameter.kind not in TEXT_KINDS:
            message = f"holds a number ({parameter.kind.value}), which cannot stand here; remove it"
        elif parameter.kind in CATALOGUE_KINDS and value not in parameter.choices:
            message = (
                f"no {parameter.kind.value} is called '{quoted(value)}'; "
                f"{advice(value, parameter.choices)}"
            )
        else:
            continue
        mistakes.append((("params", name), message))
    return mistakes


class Part(BaseModel):
    """What every part of the file has in common: nothing is converted, nothing overlooked."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, allow_inf_nan=False)


class ItemPart(Part):
    """A section, a project or a skill of the site."""

    id: Id = Field(description="Unique among sections, projects, skills and timeline.")
    title: Text = Field(description="What people call it.")
    tags: list[Id] = Field(default=[], description="Words that signs of segments can speak of.")


class EntryPart(Part):
    """An entry of the career timeline."""

    id: Id = Field(description="Unique among sections, projects, skills and timeline.")
    title: Text = Field(description="What people call it.")


class SignPart(Part):
    """One reason to think of the segment; names exactly one thing."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [kind.value]} for kind in SignKind]}
    )

    tag: Annotated[str, one_of("tag of this site", lambda n: n.tags)] | None = Field(
        default=None, description="Anything with this tag is used."
    )
    project: Annotated[str, declared("projects", "project")] | None = Field(
        default=None, description="This project is used."
    )
    skill: Annotated[str, declared("skills", "skill")] | None = Field(
        default=None, description="This skill is used."
    )
    section: Annotated[str, declared("sections", "section")] | None = Field(
        default=None, description="This section is seen."
    )
    event: EventName | None = Field(default=None, description="This event happens.")
    pace: Pace | None = Field(
        default=None, description="How long things are looked at: under 5 s, under 25 s, or more."
    )
    depth: Depth | None = Field(
        default=None, description="How far down the page: under 40 %, under 80 %, or more."
    )
    referrer: Annotated[str, one_of("class of referrer", lambda n: n.referrers)] | None = Field(
        default=None, description="The visit comes from a site of this class."
    )
    landing: Annotated[str, declared("sections", "section")] | None = Field(
        default=None, description="The visit begins in this section."
    )
    strength: Strength = Field(
        default=STRENGTHS["normal"],
        description="How much it says: a word or a log-likelihood ratio; negative speaks against.",
    )

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        named = [kind.value for kind in SignKind if getattr(self, kind.value) is not None]
        if len(named) != 1:
            every = ", ".join(kind.value for kind in SignKind)
            found = " and ".join(named) or "nothing"
            raise ValueError(f"names {found}; a sign names exactly one of {every}")
        return self


class SegmentPart(Part):
    """A kind of visitor."""

    id: Id = Field(description="Unique among segments.")
    title: Text = Field(description="What people call it.")
    share: float = Field(default=1.0, gt=0, le=1_000, description="How common, against the others.")
    signs: list[SignPart] = Field(default=[], max_length=200, description="What speaks for it.")
    reasoning: Reasoning | None = Field(
        default=None, description="Why the page looks as it does: a text, or one per language."
    )


class ParameterPart(Part):
    """A parameter of one of the site's own events."""

    kind: Kind = Field(description="What it may hold.")
    required: bool = Field(default=False, description="Whether an event without it is refused.")
    choices: list[Text] = Field(default=[], description="The values of a parameter of kind choice.")

    @model_validator(mode="after")
    def _has_choices_where_it_chooses(self) -> Self:
        if self.kind == ParameterKind.CHOICE and not self.choices:
            raise ValueError("is of kind choice without choices; list them")
        if self.kind != ParameterKind.CHOICE and self.choices:
            raise ValueError("lists choices; remove them or write kind: choice")
        return self


class ConversionPart(Part):
    """An event that counts as success."""

    event: EventName = Field(description="The event.")
    params: dict[str, str] = Field(default={}, description="Only with these values.")

    @model_validator(mode="after")
    def _fits_its_event(self, info: ValidationInfo) -> Self:
        _refuse(_unfit(self.event, self.params, names_of(info)))
        return self


class PagePart(Part):
    """What a request for a page means."""

    match: Pattern = Field(description="Searched in the path, without its query string.")
    event: EventName = Field(description="The event that the request stands for.")
    params: dict[str, str] = Field(default={}, description="Fixed values of its parameters.")

    @model_validator(mode="after")
    def _fits_its_event(self, info: ValidationInfo) -> Self:
        names = names_of(info)
        mistakes = _unfit(self.event, self.params, names)
        parameters = {p.name: p for p in names.event_types[self.event].parameters}
        groups = re.compile(self.match).groupindex
        for group in groups:
            parameter = parameters.get(group)
            if parameter is None:
                what = f"the group '{group}' is no parameter of {self.event}"
                mistakes.append((("match",), f"{what}; {advice(group, parameters)}"))
            elif parameter.kind not in TEXT_KINDS:
                what = f"the group '{group}' must hold a number, and a path gives text"
                mistakes.append((("match",), f"{what}; remove it"))
        _refuse(mistakes)
        for name, parameter in parameters.items():
            if parameter.required and name not in groups and name not in self.params:
                what = f"{name} is required by {self.event} and given nowhere"
                raise ValueError(f"{what}; add it to params or as a group of match")
        return self


class LogPart(Part):
    """What the paths of the site's access log are."""

    pages: list[PagePart] = Field(default=[], description="The first that matches counts.")
    assets: list[Pattern] = Field(default=[], description="What pages load; searched in the path.")
    feeds: list[Pattern] = Field(
        default=[], description="What feed readers fetch; searched in path and query string."
    )


class LimitsPart(Part):
    """Bounds on the time that an event may claim."""

    max_age_hours: float = Field(default=24.0, gt=0, le=24 * 31, description="How old, in hours.")
    max_ahead_minutes: float = Field(
        default=5.0, ge=0, le=24 * 60, description="How far in the future, in minutes."
    )


class SitePart(Part):
    """A site: its catalogue, the kinds of people who visit it, and what tells them apart."""

    model_config = ConfigDict(title="Vitrine site file")

    id: Id = Field(description="Short name of the site; part of every visitor's pseudonym.")
    title: Text = Field(description="What people call the site.")
    languages: list[LanguageTag] = Field(
        min_length=1, description="Languages of the site; the first is the default."
    )
    sections: list[ItemPart] = Field(min_length=1, description="In the order of the page.")
    projects: list[ItemPart] = Field(default=[], description="In the order of the page.")
    skills: list[ItemPart] = Field(default=[], description="In the order of the page.")
    timeline: list[EntryPart] = Field(default=[], description="Entries of the career timeline.")
    channels: list[Id] = Field(
        default=list(CHANNELS), description="Ways to get in touch, for contact_intent."
    )
    events: dict[OwnEventName, dict[OwnParameter, ParameterPart]] = Field(
        default={}, max_length=40, description="Events beside the eleven standard ones."
    )
    segments: list[SegmentPart] = Field(min_length=1, max_length=20, description="Who visits.")
    conversions: list[ConversionPart] = Field(default=[], description="What counts as success.")
    origins: list[Origin] = Field(default=[], description="Origins whose pages may call (CORS).")
    hosts: list[Host] = Field(default=[], description="The site's own host names.")
    referrers: dict[Host, OwnClass] = Field(
        default={}, description="Hosts that lead here, to a class of referrer."
    )
    log: LogPart = Field(default=LogPart(), description="How to read the site's access log.")
    limits: LimitsPart = Field(default=LimitsPart(), description="Bounds on events' times.")
    threshold: float = Field(
        default=0.6, gt=0, lt=1, description="The confidence from which a visit has a segment."
    )
    featured: int = Field(default=3, ge=1, le=50, description="Projects to feature.")
    highlighted: int = Field(default=5, ge=1, le=50, description="Skills to highlight.")

    @field_validator("referrers")
    @classmethod
    def _claims_no_fixed_class(cls, referrers: dict[str, str]) -> dict[str, str]:
        _refuse(
            [
                ((host,), f"'{kind}' is for visits without a foreign referrer; take another class")
                for host, kind in referrers.items()
                if kind in (DIRECT, INTERNAL)
            ]
        )
        return referrers
