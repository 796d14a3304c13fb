"""Kinds of simulated visitors, as people behave: several styles for each kind, and none.

The styles speak of words, acts and minutes; they know nothing of the signs that a site
declares, so that what is measured on them is not what was put in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from vitrine.domain.draw import BACKGROUND, RARE
from vitrine.domain.site import SignKind, Site


@dataclass(frozen=True, slots=True)
class Style:
    """One way to visit a site; `kind` is the segment it belongs to, or None.

    Mappings hold relative weights. `interests` are words of projects and skills, `sections`
    words of sections; words are met in ids, titles and tags. `focus` is the share of acts
    that follow the style: the rest is what anybody does. `seconds` is the median time given
    to a section, `depth` the weights of scrolling to 25, 50, 75 and 100 %.
    """

    kind: str | None
    name: str
    acts: Mapping[str, float]
    interests: Mapping[str, float]
    sections: Mapping[str, float]
    focus: float
    seconds: float
    depth: tuple[float, float, float, float]
    referrers: Mapping[str, float]


def _words(text: str) -> dict[str, float]:
    """Read `"ml:3 python data:2"`; a word without a number weighs 1."""
    pairs = (word.partition(":") for word in text.split())
    return {word: float(weight or 1.0) for word, _, weight in pairs}


SHALLOW = (6.0, 3.0, 1.0, 0.5)
EVEN = (2.0, 2.0, 2.0, 2.0)
DEEP = (0.5, 1.0, 2.0, 4.0)

_ACTS = {
    "read": "project_click:2 deep_read:4 section_view:2 scroll_depth:2 skill_hover:1 repeat_view:1",
    "browse": "project_click:4 deep_read:1 section_view:3 scroll_depth:1 skill_hover:3",
    "code": "project_click:4 external_link_click:3 skill_hover:3 section_view:2 deep_read:1",
    "compare": "skill_hover:5 project_click:2 section_view:2 repeat_view:1 scroll_depth:1",
    "screen": "section_view:4 career_timeline_interact:3 download_resume:2 skill_hover:2 "
    "contact_intent:1 scroll_depth:1",
    "reach": "contact_intent:3 section_view:4 career_timeline_interact:1 download_resume:1 "
    "project_click:1",
    "learn": "deep_read:3 project_click:3 repeat_view:3 section_view:2 skill_hover:2 "
    "scroll_depth:1",
    "glance": "scroll_depth:4 section_view:4 project_click:1 skill_hover:1",
    "play": "project_click:4 scroll_depth:3 section_view:2 external_link_click:1 "
    "language_switch:0.3",
}

_ML = (
    "ml:4 ai:3 machine:3 deep:3 learning:2 llm:3 nlp:3 vision:3 pytorch:3 tensorflow:3 mlops:3 "
    "research:2 data:2 model:2 models:2 python:1 inference:2 training:2 transformers:3"
)
_WEB = (
    "web:4 frontend:3 backend:3 react:3 typescript:3 javascript:3 node:3 api:2 fullstack:3 "
    "database:2 postgres:2 sql:1 devops:2 docker:2 infrastructure:2 css:2 go:1 performance:1"
)
_TALENT = (
    "soft:4 leadership:4 teamwork:4 communication:4 management:3 career:3 team:2 product:2 "
    "business:2 mentoring:2 award:2 production:1"
)
_LEARN = (
    "tutorial:4 beginner:4 course:3 learning:2 learn:3 education:3 teaching:3 guide:2 basics:3 "
    "git:1 python:1 algorithms:2 university:2 thesis:2 open:1"
)
_FUN = (
    "fun:4 game:4 games:4 art:3 creative:3 visual:2 design:2 music:3 demo:2 hobby:3 photo:3 "
    "animation:3 travel:2 experiment:2"
)

_STUDY_SECTIONS = "projects:3 work:3 writing:3 publications:3 research:3 blog:3 skills:1"
_CODE_SECTIONS = "projects:4 work:3 skills:2 open:2 source:2 github:2 stack:2 writing:1"
_HIRE_SECTIONS = (
    "experience:4 career:4 resume:3 about:2 contact:3 skills:1 timeline:3 testimonials:2"
)
_LEARN_SECTIONS = (
    "education:4 learning:3 writing:3 blog:3 tutorials:3 projects:1 talks:2 articles:2 about:1"
)
_IDLE_SECTIONS = "home:4 hero:4 intro:3 about:3 hobbies:3 gallery:2 projects:1 fun:3"

_RESEARCH = "research:4 developer:2 search:3 direct:2 social:1"
_DEVELOPER = "developer:5 search:3 direct:2 social:1 other:1"
_PROFESSIONAL = "professional:6 direct:2 search:2 email:2"
_SCHOOL = "education:4 search:4 direct:2 social:1 developer:1"
_FEED = "social:6 direct:3 search:1 other:1"
_ANY = "direct:4 search:3 social:2 other:2 developer:1 professional:1"


def _style(
    kind: str | None,
    name: str,
    texts: tuple[str, str, str, str],
    manner: tuple[float, float, tuple[float, float, float, float]],
) -> Style:
    acts, interests, sections, referrers = (_words(text) for text in texts)
    focus, seconds, depth = manner
    return Style(kind, name, acts, interests, sections, focus, seconds, depth, referrers)


_A = _ACTS
STYLES: tuple[Style, ...] = (
    _style(
        "ML_ENGINEER",
        "paper reader",
        (_A["read"], _ML, _STUDY_SECTIONS, _RESEARCH),
        (0.95, 35, DEEP),
    ),
    _style(
        "ML_ENGINEER",
        "code skimmer",
        (_A["code"], _ML, _CODE_SECTIONS, _DEVELOPER),
        (0.95, 9, EVEN),
    ),
    _style(
        "ML_ENGINEER",
        "hiring peer",
        (_A["compare"], _ML, _CODE_SECTIONS + " experience:2", _ANY),
        (0.9, 14, EVEN),
    ),
    _style(
        "ML_ENGINEER", "model shopper", (_A["browse"], _ML, _STUDY_SECTIONS, _ANY), (0.85, 18, EVEN)
    ),
    _style(
        "FULLSTACK_DEV",
        "stack inspector",
        (_A["compare"], _WEB, _CODE_SECTIONS, _DEVELOPER),
        (0.95, 10, EVEN),
    ),
    _style(
        "FULLSTACK_DEV",
        "source diver",
        (_A["code"], _WEB, _CODE_SECTIONS, _DEVELOPER),
        (0.95, 20, DEEP),
    ),
    _style(
        "FULLSTACK_DEV",
        "write-up reader",
        (_A["read"], _WEB, _STUDY_SECTIONS, _ANY),
        (0.9, 30, DEEP),
    ),
    _style(
        "FULLSTACK_DEV",
        "front-end browser",
        (_A["browse"], _WEB, _CODE_SECTIONS, _ANY),
        (0.85, 8, EVEN),
    ),
    _style(
        "RECRUITER",
        "screener",
        (_A["screen"], _TALENT, _HIRE_SECTIONS, _PROFESSIONAL),
        (0.95, 6, EVEN),
    ),
    _style(
        "RECRUITER",
        "contact seeker",
        (_A["reach"], _TALENT, _HIRE_SECTIONS, _PROFESSIONAL),
        (0.95, 5, SHALLOW),
    ),
    _style(
        "RECRUITER",
        "thorough sourcer",
        (_A["screen"] + " deep_read:1 project_click:2", _TALENT, _HIRE_SECTIONS, _ANY),
        (0.9, 20, DEEP),
    ),
    _style(
        "RECRUITER",
        "technical recruiter",
        (_A["compare"] + " download_resume:1", _TALENT, _HIRE_SECTIONS, _PROFESSIONAL),
        (0.85, 10, EVEN),
    ),
    _style(
        "STUDENT",
        "tutorial follower",
        (_A["learn"], _LEARN, _LEARN_SECTIONS, _SCHOOL),
        (0.95, 40, DEEP),
    ),
    _style(
        "STUDENT",
        "thesis writer",
        (_A["read"], _LEARN + " research:2 ml:1", _LEARN_SECTIONS, _SCHOOL),
        (0.9, 30, DEEP),
    ),
    _style(
        "STUDENT", "career planner", (_A["browse"], _LEARN, _LEARN_SECTIONS, _ANY), (0.9, 15, EVEN)
    ),
    _style(
        "STUDENT", "note taker", (_A["learn"], _LEARN, _STUDY_SECTIONS, _SCHOOL), (0.85, 22, EVEN)
    ),
    _style("CASUAL", "scroller", (_A["glance"], _FUN, _IDLE_SECTIONS, _FEED), (0.95, 3, SHALLOW)),
    _style("CASUAL", "friend", (_A["play"], _FUN, _IDLE_SECTIONS, _FEED), (0.95, 7, EVEN)),
    _style(
        "CASUAL", "link follower", (_A["glance"], _FUN, _IDLE_SECTIONS, _ANY), (0.9, 4, SHALLOW)
    ),
    _style("CASUAL", "player", (_A["play"], _FUN, _IDLE_SECTIONS, _ANY), (0.85, 9, EVEN)),
    _style(None, "wanderer", (_A["browse"], "", "", _ANY), (0.5, 10, EVEN)),
    _style(
        None, "lost", ("section_view:5 scroll_depth:2 skill_hover:1", "", "", _ANY), (0.6, 6, EVEN)
    ),
    _style(
        None,
        "mixed interests",
        (_A["browse"], f"{_ML} {_TALENT} {_FUN}", "projects:2 experience:2 home:2", _ANY),
        (0.7, 12, EVEN),
    ),
)
NO_KIND_SHARE = 0.12


def styles_for(site: Site) -> tuple[Style, ...]:
    """Return the styles that fit the site's segments, and those of no kind.

    A segment that no style knows gets one made from its own signs: good for traffic to
    look at, never for judging the model.
    """
    known = {style.kind for style in STYLES}
    made = tuple(_from_signs(site, name) for name in site.segment_ids if name not in known)
    return (
        *(s for s in STYLES if s.kind is None or s.kind in site.segment_ids),
        *made,
    )


def _from_signs(site: Site, name: str) -> Style:
    segment = next(segment for segment in site.segments if segment.id == name)
    liked: dict[SignKind, dict[str, float]] = {kind: {} for kind in SignKind}
    for sign in segment.signs:
        if sign.strength > 0:
            liked[sign.kind][sign.value] = 2.0 * sign.strength
    tags = liked[SignKind.TAG]
    acts = {
        event: BACKGROUND.get(event, RARE) * (1.0 + liked[SignKind.EVENT].get(event, 0.0))
        for event in site.event_types
    }
    return Style(
        name,
        f"{name.lower()} by its signs",
        acts,
        {**tags, **liked[SignKind.PROJECT], **liked[SignKind.SKILL]},
        {**tags, **liked[SignKind.SECTION], **liked[SignKind.LANDING]},
        0.8,
        30.0 if "study" in liked[SignKind.PACE] else 10.0,
        DEEP if "deep" in liked[SignKind.DEPTH] else EVEN,
        liked[SignKind.REFERRER] or {"direct": 1.0, "search": 1.0},
    )
