"""The page of metrics: whether it can be read, and is what the catalogue declares."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client.parser import text_string_to_metric_families

from vitrine.catalogue.metrics import CATALOGUE
from vitrine.operations.doctor.finding import Finding, ok, problem

OF_A_WORKER = "worker"
OF_AN_EDGE = "le"
SHOWN = 5
OTHER_VERSION = "start the service again, with the version of this command"

Declared = dict[str, tuple[str, frozenset[str]]]
"""Kind and labels of each metric, by name."""


def look_at_page(page: str) -> Iterator[Finding]:
    try:
        found = _found(page)
    except ValueError as failure:
        yield problem("metrics", f"the page cannot be read: {failure}", OTHER_VERSION)
        return
    declared: Declared = {
        metric.name: (metric.kind.value, frozenset(metric.label_names)) for metric in CATALOGUE
    }
    wrong = [
        *(f"{name} is not there" for name in declared.keys() - found.keys()),
        *(f"{name} is of no catalogue" for name in found.keys() - declared.keys()),
        *(
            f"{name} is another"
            for name in found.keys() & declared.keys()
            if not _like(found[name], declared[name])
        ),
    ]
    if wrong:
        more = f" and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
        said = f"not those of the catalogue: {', '.join(sorted(wrong)[:SHOWN])}{more}"
        yield problem("metrics", said, OTHER_VERSION)
    else:
        yield ok("metrics", f"the {len(found)} of the catalogue, and no other")


def _found(page: str) -> dict[str, tuple[str, set[frozenset[str]]]]:
    """Return the kind of each family, and which labels its series have."""
    return {
        family.name if family.type != "counter" else f"{family.name}_total": (
            family.type,
            {frozenset(one.labels) - {OF_A_WORKER, OF_AN_EDGE} for one in family.samples},
        )
        for family in text_string_to_metric_families(page)
    }


def _like(found: tuple[str, set[frozenset[str]]], declared: tuple[str, frozenset[str]]) -> bool:
    return found[0] == declared[0] and found[1] <= {declared[1]}
