"""A segment's order beside others: what moved, and by how much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from vitrine.domain.rule import Rule, rule_for
from vitrine.domain.site import Item, Site
from vitrine.usecases.override import KINDS, items_of

FIELDS = {
    "section": "priority_sections",
    "project": "featured_projects",
    "skill": "highlight_skills",
}


class Placed(NamedTuple):
    """An item in an order; `moved` says by how many places up from the site's own order.

    It is `None` for what the site's own page does not feature at all.
    """

    id: str
    title: str
    moved: int | None


class Compared(NamedTuple):
    """One kind of item: as it is shown, as the site has it, as the signs alone would have it.

    `all` are the shown ones and then the rest; the first `shown_count` of them are shown.
    """

    kind: str
    now: Sequence[Placed]
    default: Sequence[Placed]
    signs: Sequence[Placed]
    rest: Sequence[Placed]

    @property
    def all(self) -> Sequence[Placed]:
        return (*self.now, *self.rest)


def compared(site: Site, rule: Rule, language: str) -> list[Compared]:
    """Return each kind of a rule beside the default page and the catalogue's signs."""
    default, signs = rule_for(site, None, language), rule_for(site, rule.segment, language)
    return [_compared(kind, items_of(site, kind), rule, default, signs) for kind in KINDS]


def _compared(
    kind: str, items: Mapping[str, Item], rule: Rule, default: Rule, signs: Rule
) -> Compared:
    field = FIELDS[kind]
    own: Sequence[str] = getattr(default, field)

    def placed(order: Sequence[Any]) -> list[Placed]:
        return [
            Placed(one, items[one].title, own.index(one) - place if one in own else None)
            for place, one in enumerate(order)
        ]

    now = getattr(rule, field)
    rest = [one for one in items if one not in now]
    return Compared(kind, placed(now), placed(own), placed(getattr(signs, field)), placed(rest))
