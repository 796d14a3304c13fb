"""Personalization: what comes in, what is understood, and what is shown."""

from __future__ import annotations

from vitrine.catalogue.dashboard import Dashboard, Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, falling, rising
from vitrine.catalogue.history import lasting
from vitrine.catalogue.metrics import (
    EVENTS_RECEIVED,
    EVENTS_REJECTED,
    EVENTS_VISITS,
    PERSONALIZATION_CALIBRATION,
    PERSONALIZATION_CALIBRATION_ERROR,
    PERSONALIZATION_CONFIDENCE,
    PERSONALIZATION_DECIDED,
    PERSONALIZATION_DEFAULTS,
    PERSONALIZATION_SERVED,
)
from vitrine.catalogue.promql import bucket, increase, max_by, rate, ratio, select, sum_by, sum_of

_first = sum_of(increase(select(PERSONALIZATION_DECIDED, visit="first"), "$__range"))
_visits = sum_of(increase(select(EVENTS_VISITS), "$__range"))

DASHBOARD = Dashboard(
    "vitrine-personalization",
    "Personalization",
    "Events in, visits understood, pages out.",
    (
        Panel(
            "Events by receipt",
            PanelKind.AREA,
            Unit.EVENTS,
            (
                Query(
                    lasting(sum_by(rate(select(EVENTS_RECEIVED), WINDOW), "receipt")),
                    "{{receipt}}",
                ),
            ),
            "Events a second, by what became of them.",
            "nearly all accepted; duplicates are pages that sent again.",
            "rejections have a reason: see the next panel.",
            NONE,
            ("NoEvents",),
            series=2,
        ),
        Panel(
            "Rejected events by reason",
            PanelKind.BAR,
            Unit.COUNT,
            (
                Query(
                    lasting(sum_by(increase(select(EVENTS_REJECTED), "$__range"), "reason")),
                    "{{reason}}",
                    instant=True,
                ),
            ),
            "Events in the chosen time that were refused.",
            "none.",
            "the reason says what the page sends wrongly; docs/http.md has each of them.",
            rising(1, 100),
            ("NoEvents",),
        ),
        Panel(
            "Decided visits by segment",
            PanelKind.PIE,
            Unit.COUNT,
            (
                Query(
                    lasting(
                        sum_by(increase(select(PERSONALIZATION_DECIDED), "$__range"), "segment")
                    ),
                    "{{segment}}",
                    instant=True,
                ),
            ),
            "Visits in the chosen time whose segment was decided.",
            "the kinds of visitors that you know you have.",
            "one segment alone may claim too much: look at its signs in the site file.",
            NONE,
            series=2,
        ),
        Panel(
            "Decided in the first visit",
            PanelKind.GAUGE,
            Unit.SHARE,
            (Query(lasting(ratio(_first, _visits)), "decided", instant=True),),
            "Share of visits that were decided while the visitor was there for the first time.",
            "above 0.5 on a site with clear signs.",
            "give segments more signs; see docs/segmentation.md.",
            falling(0.3, 0.5),
            most=1.0,
        ),
        Panel(
            "Confidence",
            PanelKind.HISTOGRAM,
            Unit.SHARE,
            (
                Query(
                    lasting(sum_by(rate(bucket(PERSONALIZATION_CONFIDENCE), WINDOW), "le")),
                    "{{le}}",
                ),
            ),
            "Confidence of each assessment of a visit, also of undecided ones.",
            "much colour at both ends: visits that say nothing yet, and visits that say it all.",
            "all in the middle is a site whose signs do not tell visitors apart.",
            NONE,
            series=10,
        ),
        Panel(
            "Calibration",
            PanelKind.BAR,
            Unit.SHARE,
            (
                Query(
                    max_by(select(PERSONALIZATION_CALIBRATION), "confidence"),
                    "{{confidence}}",
                    instant=True,
                ),
            ),
            "Share of simulated visitors of this site who were what was thought of them, by the"
            " upper end of the confidence that was stated.",
            "each bar a little below the confidence under it.",
            "bars far lower are a site whose signs promise too much: see docs/segmentation.md.",
            NONE,
            series=5,
            most=1.0,
        ),
        Panel(
            "Calibration error",
            PanelKind.COUNTER,
            Unit.SHARE,
            (Query(max_by(select(PERSONALIZATION_CALIBRATION_ERROR)), "error", instant=True),),
            "How far stated confidence and what was so lie apart, on average (ECE).",
            "below 0.05.",
            "weaken the strengths of signs that many kinds of visitors share.",
            rising(0.05, 0.1),
            height=8,
        ),
        Panel(
            "Answers by variant",
            PanelKind.AREA,
            Unit.OPS,
            (
                Query(
                    lasting(sum_by(rate(select(PERSONALIZATION_SERVED), WINDOW), "variant")),
                    "{{variant}}",
                ),
            ),
            "Answers a second: default, personalized, or held out for the experiment.",
            "a tenth of the decided visitors is held out, unless set otherwise.",
            "only `default`: nobody is decided, or the off switch is used.",
            NONE,
            series=2,
        ),
        Panel(
            "Default pages by reason",
            PanelKind.BAR,
            Unit.COUNT,
            (
                Query(
                    lasting(
                        sum_by(increase(select(PERSONALIZATION_DEFAULTS), "$__range"), "reason")
                    ),
                    "{{reason}}",
                    instant=True,
                ),
            ),
            "Answers in the chosen time with the default page.",
            "`unknown_visitor` and `undecided`: the beginnings of visits.",
            "`deadline` and `store_failed` are a database that is too slow or away;"
            " `over_limit` is a network that asks too often.",
            NONE,
            ("StoreFailing",),
        ),
    ),
)
