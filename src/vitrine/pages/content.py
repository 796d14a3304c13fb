"""What the shipped portfolio says, in each of its languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

from vitrine.domain.site import Item, Site

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
PORTFOLIO = Path(__file__).parents[1] / "sites" / "portfolio"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Start(_Part):
    """The words of the page's opening beside its lead."""

    text: str
    projects: str
    resume: str


class Skill(_Part):
    title: str
    text: str


class Post(_Part):
    """One entry of the career timeline."""

    title: str
    place: str
    years: str
    text: str


class Entry(_Part):
    """One thing in a section that lists things; `project` is the project that it belongs to."""

    title: str
    meta: str
    text: str
    project: str | None = None


class Quote(_Part):
    quote: str
    who: str


class Channel(_Part):
    """One way to get in touch."""

    label: str
    text: str
    href: str


class Project(_Part):
    title: str
    tagline: str
    year: int
    role: str
    skills: Sequence[str]
    summary: str
    story: Sequence[str]


class Content(_Part):
    """Everything that the portfolio says in one language, by the ids of its site file."""

    name: str
    role: str
    made_up: str
    description: str
    segments: Mapping[str, str]
    sections: Mapping[str, str]
    leads: Mapping[str, str]
    home: Start
    about: Sequence[str]
    skills: Mapping[str, Skill]
    timeline: Mapping[str, Post]
    education: Sequence[Entry]
    research: Sequence[Entry]
    writing: Sequence[Entry]
    tutorials: Sequence[Entry]
    talks: Sequence[Entry]
    open_source: Sequence[Entry] = Field(alias="open-source")
    testimonials: Sequence[Quote]
    hobbies: Sequence[Entry]
    contact: Mapping[str, Channel]
    projects: Mapping[str, Project]

    @property
    def lists(self) -> Mapping[str, Sequence[Entry]]:
        """The sections that list things."""
        return {
            "education": self.education,
            "research": self.research,
            "writing": self.writing,
            "tutorials": self.tutorials,
            "talks": self.talks,
            "open-source": self.open_source,
            "hobbies": self.hobbies,
        }


@dataclass(frozen=True, slots=True)
class Edition:
    """The portfolio in one language: `site` has its titles, `prefix` begins its paths."""

    language: str
    prefix: str
    site: Site
    content: Content


def editions(site: Site) -> Mapping[str, Edition]:
    """Return the portfolio in each of the site's languages, the first one without a prefix."""
    return {
        language: Edition(
            language, f"/{language}" if number else "", _titled(site, content), content
        )
        for number, language in enumerate(site.languages)
        for content in (_content(language),)
    }


def _content(language: str) -> Content:
    text = (PORTFOLIO / f"{language}.yaml").read_text(encoding="utf-8")
    read = yaml.load(text, _LOADER)  # noqa: S506 - a safe loader
    return Content.model_validate(read)


def _titled(site: Site, content: Content) -> Site:
    """Return the site with the titles of one language."""
    projects = {id_: project.title for id_, project in content.projects.items()}
    skills = {id_: skill.title for id_, skill in content.skills.items()}
    return replace(
        site,
        sections=_renamed(site.sections, content.sections),
        projects=_renamed(site.projects, projects),
        skills=_renamed(site.skills, skills),
        segments=tuple(
            replace(segment, title=content.segments[segment.id]) for segment in site.segments
        ),
    )


def _renamed(items: Mapping[str, Item], titles: Mapping[str, str]) -> Mapping[str, Item]:
    return {item.id: replace(item, title=titles[item.id]) for item in items.values()}
