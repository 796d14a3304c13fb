"""One way to draw each kind of panel."""

from collections.abc import Callable, Mapping

from vitrine.catalogue.dashboard import PanelKind
from vitrine.console.dashboards.answers import Answers
from vitrine.console.dashboards.figures.bars import bars, pie
from vitrine.console.dashboards.figures.box import box
from vitrine.console.dashboards.figures.counter import counter
from vitrine.console.dashboards.figures.gauge import gauge
from vitrine.console.dashboards.figures.heat import heat
from vitrine.console.dashboards.figures.lines import area, line
from vitrine.console.dashboards.figures.picture import Picture
from vitrine.console.dashboards.figures.table import table

DRAW: Mapping[PanelKind, Callable[[Answers], Picture | None]] = {
    PanelKind.LINE: line,
    PanelKind.AREA: area,
    PanelKind.HISTOGRAM: heat,
    PanelKind.BAR: bars,
    PanelKind.TABLE: table,
    PanelKind.PIE: pie,
    PanelKind.GAUGE: gauge,
    PanelKind.BOX: box,
    PanelKind.COUNTER: counter,
}
"""Each returns a picture, or `None` where there is nothing to draw it from."""

__all__ = ["DRAW", "Picture"]
