"""A report as one HTML file: nothing in it comes from elsewhere, and no script runs."""

from __future__ import annotations

import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from vitrine.domain.period import Period
from vitrine.operations.report.section import Plot, Report
from vitrine.operations.report.terminal import shown_figure
from vitrine.operations.report.wording import compared, spoken

BETWEEN_WORDS = re.compile("(?<=_)|(?<=[a-z])(?=[A-Z])")


def page(report: Report, *, plots: bool = True) -> str:
    """Return the page; without `plots` for readers of mail, who show no SVG."""
    return _template().render(
        report=report,
        short=report.span.period is Period.DAILY,
        plots=plots,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("vitrine.operations.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {
        "spoken": spoken,
        "compared": compared,
        "shown": shown_figure,
        "svg": _svg,
        "legend": _legend,
        "coded": _coded,
        "breakable": _breakable,
    }
    return environment.get_template("page.html")


def _svg(plot: Plot) -> Markup:
    """Return a plot as it is: names in it were escaped when it was drawn."""
    from vitrine.operations.report.plots import svg

    return Markup(svg(plot))  # noqa: S704 - pygal builds it as a tree, which escapes all text


def _legend(plot: Plot) -> list[str]:
    from vitrine.operations.report.plots import legend

    return legend(plot)


def _breakable(name: str) -> Markup:
    """Return a name that a narrow page may break between its words."""
    return Markup("<wbr>").join(BETWEEN_WORDS.split(name))


def _coded(text: str) -> Markup:
    """Return a sentence in which what stands in backquotes is code."""
    parts = (
        Markup("<code>{}</code>" if n % 2 else "{}").format(p)  # noqa: S704 - two constants
        for n, p in enumerate(text.split("`"))
    )
    return Markup("").join(parts)
