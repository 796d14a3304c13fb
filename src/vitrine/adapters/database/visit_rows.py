"""Visits as rows: the statements that all databases share."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, text

from vitrine.adapters.database.packing import COLUMNS, Unpacking
from vitrine.domain.experiment import Arm
from vitrine.domain.visit import Visit

SELECT_VISIT = "SELECT " + ", ".join(f"v.{name}" for name in COLUMNS) + " FROM visits v"
# No visit lasts a week; by its beginning PostgreSQL finds the few of the last minutes.
LASTED = "v.last >= :since AND v.started >= :since - 604800000"
_PAGE = text(
    SELECT_VISIT + " WHERE (v.visitor, v.ordinal) > (:visitor, :ordinal)"
    f" AND v.visitor < :until AND {LASTED} ORDER BY v.visitor, v.ordinal LIMIT :most"
)
_REASSESS = text(
    "UPDATE visits SET segment = :segment, confidence = :confidence"
    " WHERE visitor = :visitor AND ordinal = :ordinal"
    " AND started = :started AND events = :events"
)
_REASSESSED = ("segment", "confidence", "visitor", "ordinal", "started", "events")
_ALL_OF = text(SELECT_VISIT + " WHERE v.visitor = :visitor ORDER BY v.ordinal")
_OUTCOMES = text(
    "SELECT held_out, count(*), sum(converted) FROM"
    " (SELECT visitor, held_out, max(CASE WHEN converted THEN 1 ELSE 0 END) AS converted"
    " FROM visits WHERE exposed_at >= :since AND NOT bot GROUP BY visitor, held_out) AS visitors"
    " GROUP BY held_out"
)


def page(
    connection: Connection,
    unpacking: Unpacking,
    since_ms: int,
    after: tuple[str, int],
    limit: int,
    until: str,
) -> list[Visit]:
    """Return visits that lasted beyond a time, in key order between a key and a visitor."""
    bounds = {
        "visitor": after[0],
        "ordinal": after[1],
        "since": since_ms,
        "most": limit,
        "until": until,
    }
    return [unpacking.visit(row) for row in connection.execute(_PAGE, bounds)]


def all_of(connection: Connection, unpacking: Unpacking, visitor: str) -> list[Visit]:
    """Return the visits of a visitor, oldest first."""
    return [unpacking.visit(row) for row in connection.execute(_ALL_OF, {"visitor": visitor})]


def reassess(connection: Connection, visits: Sequence[Visit]) -> None:
    """Write a new segment and confidence of visits that did not grow meanwhile."""
    # In the order in which groups hold visits: who waits for one another never does so in turn.
    rows = [
        {name: getattr(visit, name) for name in _REASSESSED}
        for visit in sorted(visits, key=lambda visit: (visit.visitor, visit.ordinal))
    ]
    connection.execute(_REASSESS, rows)


def outcomes(connection: Connection, since_ms: int) -> dict[str, Arm]:
    """Return the arms of the experiment since a time."""
    arms = {"personalized": Arm(0, 0), "holdout": Arm(0, 0)}
    for held_out, exposed, converted in connection.execute(_OUTCOMES, {"since": since_ms}):
        arms["holdout" if held_out else "personalized"] = Arm(exposed, converted)
    return arms
