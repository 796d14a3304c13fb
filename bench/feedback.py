"""Whether use corrects a wrong sign though what is shown first is used more.

`python -m bench.feedback` prints the figures of `docs/decisions/0004`: a sign of 1.4 stands
on the wrong one of ten projects, and for some months each month's visits make the next
month's rule. `say` is the weight of visits that saw the personalised order; the held-out
tenth saw the site's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tests.sites import small_site
from vitrine.domain.rule import rule_for
from vitrine.domain.site import Segment, Sign, SignKind

WRONG, RIGHT = "photo-wall", "pixel-game"
SITE = replace(
    small_site(), segments=(Segment("S", "S", (Sign(SignKind.PROJECT, WRONG, 1.4),)),), featured=3
)
PROJECTS = tuple(SITE.projects)
MONTHS = 8
USES_PER_VISIT = 3
OTHERS = 4
"""Visits of others, who like all projects alike, for each of the segment's."""
RUNS = 60
SEED = 0

Counts = NDArray[np.float64]


def uses(
    rng: np.random.Generator, order: Sequence[str], interest: Counts, pull: float, visits: int
) -> Counts:
    """Return uses per project, seen at place p (from 0) in 1 / (1 + pull * p) of the visits."""
    seen = np.array([1.0 / (1.0 + pull * order.index(project)) for project in PROJECTS])
    chances = seen * interest
    drawn = rng.multinomial(visits * USES_PER_VISIT, chances / chances.sum())
    return drawn.astype(float)


def last_featured(
    rng: np.random.Generator, interest: Counts, pull: float, visits: int, say: float
) -> tuple[str, ...]:
    """Return what is featured after the last month."""
    order: tuple[str, ...] = PROJECTS
    featured: tuple[str, ...] = ()
    for _ in range(MONTHS):
        held_out = uses(rng, PROJECTS, interest, pull, visits // 10)
        own = held_out + say * uses(rng, order, interest, pull, visits - visits // 10)
        everyone = own + uses(rng, PROJECTS, np.ones(len(PROJECTS)), pull, OTHERS * visits)
        tables = [
            {"project": dict(zip(PROJECTS, counts.tolist(), strict=True))}
            for counts in (own, everyone)
        ]
        featured = rule_for(SITE, "S", "en", tables[0], visits, tables[1]).featured_projects
        order = (*featured, *(project for project in PROJECTS if project not in featured))
    return featured


def main() -> None:
    rng = np.random.default_rng(SEED)
    print("pull  visits a month  interest of right, wrong  say  right one: featured  first")
    for pull in (0.35, 1.0):
        for visits in (50, 300, 2_000):
            for right, wrong in ((3.0, 1.0), (1.5, 0.5)):
                interest = np.ones(len(PROJECTS))
                interest[PROJECTS.index(RIGHT)] = right
                interest[PROJECTS.index(WRONG)] = wrong
                for say in (1.0, 0.5, 0.0):
                    ends = [last_featured(rng, interest, pull, visits, say) for _ in range(RUNS)]
                    featured = sum(RIGHT in end for end in ends) / RUNS
                    first = sum(end[0] == RIGHT for end in ends) / RUNS
                    print(
                        f"{pull:4}  {visits:14,}  {right:17}, {wrong:5}  {say:3}"
                        f"  {featured:19.0%}  {first:5.0%}"
                    )


if __name__ == "__main__":
    main()
