"""A visitor as a segment's own signs describe one: what an owner means, acted out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vitrine.domain.event import PAGE_REFERRER, Event, EventType, Parameter, ParameterKind
from vitrine.domain.evidence import SKIM_BELOW_MS, STUDY_FROM_MS
from vitrine.domain.referrer import DIRECT
from vitrine.domain.site import Item, Segment, SignKind, Site

EVENTS = 6
STEP_MS = 20_000
VISITOR = "sample"

_DURATIONS_MS = {"skim": SKIM_BELOW_MS // 2, "read": STUDY_FROM_MS // 2, "study": STUDY_FROM_MS * 2}
_PERCENTS = {"shallow": 25, "half": 50, "deep": 100}
_SHOWN_BY = {"project": "project_click", "skill": "skill_hover", "section": "section_view"}


def sample_visit(site: Site, segment: Segment, events: int = EVENTS) -> tuple[Event, ...]:
    """Return a visit of at most `events` events, made of the segment's strongest signs.

    It opens where visitors of the segment come from and land, then does what its positive
    signs speak of, the strongest first and nothing twice. Where the signs give less than
    `events`, the visit is shorter; without any it is one view of the first section.
    """
    actor = _Actor(site, segment)
    acts = [actor.opening()]
    seen = [_gist(acts[0])]
    for act in actor.acts():
        if len(acts) == events:
            break
        if _gist(act) not in seen:
            acts.append(act)
            seen.append(_gist(act))
    return tuple(
        Event(VISITOR, name, index * STEP_MS, dict(params))
        for index, (name, params) in enumerate(acts)
    )


Act = tuple[str, Mapping[str, str | int]]


def _gist(act: Act) -> Act:
    """Return an act without where it came from, which only the first one tells."""
    name, params = act
    return name, {key: value for key, value in params.items() if key != PAGE_REFERRER.name}


@dataclass(frozen=True, slots=True)
class _Actor:
    """Acts as the signs of one segment say."""

    site: Site
    segment: Segment

    def opening(self) -> Act:
        landing = self._strongest(SignKind.LANDING) or self._ranked(self.site.sections)[0]
        referrer = self._strongest(SignKind.REFERRER) or DIRECT
        return "section_view", {
            **self._filled(self.site.event_types["section_view"]),
            "section_id": landing,
            PAGE_REFERRER.name: referrer,
        }

    def acts(self) -> Iterator[Act]:
        """Yield what the positive signs speak of, the strongest first."""
        for sign in sorted(self.segment.signs, key=lambda sign: -sign.strength):
            if sign.strength <= 0:
                return
            if sign.kind is SignKind.TAG:
                yield from self._tagged(sign.value)
            elif sign.kind.value in _SHOWN_BY:
                yield from self._use(sign.kind.value, sign.value)
            elif sign.kind is SignKind.EVENT:
                yield from self._event(sign.value)
            elif sign.kind is SignKind.DEPTH:
                yield from self._event("scroll_depth")

    def _tagged(self, tag: str) -> Iterator[Act]:
        for kind, items in self._catalogue().items():
            tagged = {id_: item for id_, item in items.items() if tag in item.tags}
            if tagged:
                yield from self._use(kind, self._ranked(tagged)[0])

    def _use(self, kind: str, item: str) -> Iterator[Act]:
        name = _SHOWN_BY[kind]
        yield name, self._filled(self.site.event_types[name]) | {f"{kind}_id": item}

    def _event(self, name: str) -> Iterator[Act]:
        event = self.site.event_types[name]
        params = self._filled(event)
        if all(parameter.name in params for parameter in event.parameters if parameter.required):
            yield name, params

    def _filled(self, event: EventType) -> dict[str, str | int]:
        """Return the likeliest parameters; one is left out where the site has no value for it."""
        found = {parameter.name: self._value(parameter) for parameter in event.parameters}
        return {name: value for name, value in found.items() if value is not None}

    def _value(self, parameter: Parameter) -> str | int | None:
        catalogue = self._catalogue()
        if parameter.kind.value in catalogue:
            return next(iter(self._ranked(catalogue[parameter.kind.value])), None)
        if parameter.kind is ParameterKind.ITEM:
            return self._ranked({**self.site.sections, **self.site.skills, **self.site.projects})[0]
        if parameter.choices:
            return min(parameter.choices)
        if parameter.kind is ParameterKind.DURATION_MS:
            return _DURATIONS_MS[self._strongest(SignKind.PACE) or "read"]
        if parameter.kind is ParameterKind.PERCENT:
            return _PERCENTS[self._strongest(SignKind.DEPTH) or "half"]
        if parameter.kind is ParameterKind.LANGUAGE and parameter.required:
            return self.site.languages[-1]
        return 2 if parameter.kind is ParameterKind.COUNT else None

    def _strongest(self, kind: SignKind) -> str | None:
        signs = [sign for sign in self.segment.signs if sign.kind is kind and sign.strength > 0]
        return max(signs, key=lambda sign: sign.strength).value if signs else None

    def _ranked(self, items: Mapping[str, Item]) -> list[str]:
        """Return ids by what the segment's signs say of them; equals keep the site's order."""
        return sorted(items, key=lambda id_: -self._appeal(items[id_]))

    def _appeal(self, item: Item) -> float:
        return sum(
            sign.strength
            for sign in self.segment.signs
            if (sign.kind is SignKind.TAG and sign.value in item.tags)
            or (sign.kind.value in _SHOWN_BY and sign.value == item.id)
        )

    def _catalogue(self) -> Mapping[str, Mapping[str, Item]]:
        site = self.site
        return {"project": site.projects, "skill": site.skills, "section": site.sections}
