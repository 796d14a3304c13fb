"""A report as data, for other programs."""

from __future__ import annotations

from typing import Any

from vitrine.operations.report.section import Figure, Report, Section, Table


def document(report: Report) -> dict[str, Any]:
    """Return a report as it becomes JSON: numbers in base units, `null` for what is not known."""
    return {
        "period": report.span.period.value,
        "start": report.span.start,
        "end": report.span.end,
        "public_url": report.public_url,
        "headlines": [_figure(one) for one in report.headlines],
        "out_of_order": [
            {"section": section.id, **point._asdict()} for section, point in report.out_of_order
        ],
        "sections": {section.id: _section(section) for section in report.sections},
    }


def _section(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "figures": [_figure(one) for one in section.figures],
        "points": [one._asdict() for one in section.points],
        "tables": [_table(one) for one in section.tables],
        "plots": [
            {**plot._asdict(), "lines": [line._asdict() for line in plot.lines]}
            for plot in section.plots
        ],
    }


def _figure(figure: Figure) -> dict[str, Any]:
    return {**figure._asdict(), "missing": figure.missing if figure.now is None else ""}


def _table(table: Table) -> dict[str, Any]:
    titles = [column.title for column in table.columns]
    return {
        "title": table.title,
        "units": {column.title: column.unit for column in table.columns},
        "rows": [dict(zip(titles, row, strict=True)) for row in table.rows],
    }
