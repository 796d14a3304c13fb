"""A small made-up portfolio for tests: five segments, told apart by declared signs."""

from __future__ import annotations

from collections.abc import Mapping

from vitrine.domain.event import (
    CATALOGUE_KINDS,
    STANDARD_PARAMETERS,
    EventReader,
    EventType,
    Parameter,
    ParameterKind,
)
from vitrine.domain.site import Conversion, Item, Segment, Sign, SignKind, Site

WEAK, NORMAL, STRONG = 0.7, 1.4, 2.4

_SECTIONS = {
    "home": "intro",
    "projects": "work",
    "skills": "skills",
    "experience": "career",
    "writing": "articles",
    "education": "learning",
    "contact": "contact",
}
_PROJECTS = {
    "vision-api": "ml python",
    "paper-search": "ml nlp research",
    "train-tracker": "ml mlops data",
    "shop-front": "frontend react web",
    "chat-server": "backend web node",
    "deploy-kit": "devops backend",
    "sql-course": "tutorial beginner data",
    "learn-git": "tutorial beginner",
    "pixel-game": "game fun",
    "photo-wall": "fun frontend",
}
_SKILLS = {
    "pytorch": "ml python",
    "transformers": "ml nlp",
    "mlops": "ml devops",
    "react": "frontend web",
    "typescript": "frontend web",
    "postgres": "backend data",
    "docker": "devops backend",
    "teamwork": "soft",
    "leadership": "soft career",
    "git": "beginner",
}
_SIGNS: Mapping[str, tuple[tuple[str, str, float], ...]] = {
    "ML_ENGINEER": (
        ("tag", "ml", STRONG),
        ("tag", "research", NORMAL),
        ("tag", "data", WEAK),
        ("section", "writing", WEAK),
        ("event", "deep_read", NORMAL),
        ("pace", "study", NORMAL),
        ("referrer", "research", STRONG),
        ("referrer", "developer", WEAK),
    ),
    "FULLSTACK_DEV": (
        ("tag", "web", STRONG),
        ("tag", "frontend", NORMAL),
        ("tag", "backend", NORMAL),
        ("tag", "devops", NORMAL),
        ("section", "projects", WEAK),
        ("event", "external_link_click", NORMAL),
        ("referrer", "developer", STRONG),
    ),
    "RECRUITER": (
        ("tag", "soft", STRONG),
        ("tag", "career", NORMAL),
        ("section", "experience", STRONG),
        ("section", "contact", NORMAL),
        ("event", "download_resume", STRONG),
        ("event", "contact_intent", STRONG),
        ("event", "career_timeline_interact", STRONG),
        ("pace", "skim", WEAK),
        ("referrer", "professional", STRONG),
    ),
    "STUDENT": (
        ("tag", "tutorial", STRONG),
        ("tag", "beginner", STRONG),
        ("section", "education", STRONG),
        ("section", "writing", NORMAL),
        ("event", "repeat_view", NORMAL),
        ("pace", "study", NORMAL),
        ("referrer", "education", STRONG),
    ),
    "CASUAL": (
        ("tag", "fun", STRONG),
        ("section", "home", NORMAL),
        ("event", "scroll_depth", NORMAL),
        ("event", "deep_read", -NORMAL),
        ("pace", "skim", NORMAL),
        ("depth", "shallow", NORMAL),
        ("referrer", "social", STRONG),
    ),
}
_TIMELINE = frozenset({"first-job", "second-job"})
_CHANNELS = frozenset({"email", "linkedin"})


def _items(tags: Mapping[str, str]) -> dict[str, Item]:
    return {
        name: Item(name, name.replace("-", " ").title(), frozenset(words.split()))
        for name, words in tags.items()
    }


def _event_types() -> dict[str, EventType]:
    choices = {
        ParameterKind.PROJECT: frozenset(_PROJECTS),
        ParameterKind.SKILL: frozenset(_SKILLS),
        ParameterKind.SECTION: frozenset(_SECTIONS),
        ParameterKind.ITEM: frozenset({*_PROJECTS, *_SKILLS, *_SECTIONS}),
        ParameterKind.TIMELINE: _TIMELINE,
        ParameterKind.CHANNEL: _CHANNELS,
    }
    return {
        name: EventType(
            name,
            tuple(
                Parameter(
                    parameter,
                    kind,
                    required,
                    choices[kind] if kind in CATALOGUE_KINDS else frozenset(),
                )
                for parameter, kind, required in parameters
            ),
        )
        for name, parameters in STANDARD_PARAMETERS.items()
    }


def small_site() -> Site:
    """Return the site; every call makes a new one, all are equal in content."""
    return Site(
        id="small",
        title="A small portfolio",
        version="1",
        languages=("en", "de"),
        sections=_items(_SECTIONS),
        projects=_items(_PROJECTS),
        skills=_items(_SKILLS),
        timeline=_TIMELINE,
        channels=_CHANNELS,
        segments=tuple(
            Segment(
                name,
                name.replace("_", " ").capitalize(),
                tuple(Sign(SignKind(kind), value, strength) for kind, value, strength in signs),
            )
            for name, signs in _SIGNS.items()
        ),
        event_types=_event_types(),
        conversions=(
            Conversion("download_resume", {}),
            Conversion("contact_intent", {"channel": "email"}),
        ),
        origins=("https://portfolio.example",),
        hosts=frozenset({"portfolio.example"}),
    )


def reader_of(site: Site) -> EventReader:
    """Return a reader of the site's events, as the service builds it."""
    return site.reader()
