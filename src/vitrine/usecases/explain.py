"""Why a visit is taken for what it is, for the owner or the visitor who asks."""

from __future__ import annotations

from typing import Any

from vitrine.domain.evidence import Evidence
from vitrine.domain.explanation import explain
from vitrine.domain.site import Site
from vitrine.domain.visit import Visit


def explain_visit(
    visit: Visit, evidence: Evidence, site: Site, language: str = "en"
) -> dict[str, Any]:
    """Return what the visit is taken for and the events that carried that, strongest first.

    Where nothing is decided the evidence is that for the likeliest segment.
    """
    scores, _ = evidence.scores(visit.features)
    likeliest = evidence.segments[scores.index(max(scores))]
    contributions = evidence.contributions(visit.features, likeliest)
    return {
        "user_id": visit.visitor,
        "visit": visit.ordinal,
        "events": visit.events,
        "segment": visit.segment,
        "likeliest": likeliest,
        "confidence": round(visit.confidence, 3),
        "threshold": site.threshold,
        "evidence": [reason._asdict() for reason in explain(contributions, site, language)],
    }
