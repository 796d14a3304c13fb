from __future__ import annotations

import json
import re

import pytest

from tests.unit.operations.report.recorded import END, HOURS
from vitrine.domain.period import Period
from vitrine.monitoring.alertmanager import Email
from vitrine.operations.report.document import document
from vitrine.operations.report.mail import message
from vitrine.operations.report.page import page
from vitrine.operations.report.period import DAY_S, Span
from vitrine.operations.report.section import (
    Cell,
    Column,
    Figure,
    Line,
    Plot,
    Point,
    Report,
    Section,
    Table,
    Unit,
)
from vitrine.operations.report.terminal import as_text
from vitrine.operations.report.wording import compared, spoken

HOLE = [(at, 0.1) for at in HOURS[:40]] + [(at, 0.2) for at in HOURS[80:]]


def report(period: Period = Period.WEEKLY, *points: Point) -> Report:
    section = Section(
        "disk",
        "Disk <b>",
        "all is well",
        [Figure("size", Unit.BYTES, 2e6, 1e6, headline=True), Figure("age", Unit.LENGTH, None)],
        points,
        [Table("Tiers", (Column("tier"), Column("now", Unit.BYTES)), [("first", 2e6)])],
        [
            Plot("Size", Unit.SECONDS, [Line("a<b", HOLE)], 0.15),
            Plot("Days", Unit.COUNT, [Line("x", [(DAY_S, 1.0), (2 * DAY_S, 0.0)])], bars=True),
        ],
    )
    return Report(Span(period, END), "http://127.0.0.1:8000", [section])


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, Unit.COUNT, "not known"),
        ("as it is", Unit.BYTES, "as it is"),
        (0.0042, Unit.SHARE, "0.42%"),
        (0.0123, Unit.SECONDS, "12.3 ms"),
        (12.0, Unit.SECONDS, "12.00 s"),
        (1_800.0, Unit.LENGTH, "30 min"),
        (14 * DAY_S, Unit.LENGTH, "14 d"),
        (999.0, Unit.BYTES, "999 B"),
        (999_999.0, Unit.BYTES, "1.0 MB"),
        (-40e6, Unit.BYTES, "-40.0 MB"),
        (0.05, Unit.USD, "0.0500 USD"),
        (0.0, Unit.DATE, "1970-01-01 00:00"),
        (12_345.4, Unit.COUNT, "12,345"),
    ],
)
def test_a_number_is_spoken_with_its_unit(value: Cell, unit: Unit, words: str) -> None:
    assert spoken(value, unit) == words


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        (Figure("a", Unit.COUNT, 3.0, 2.0), "+50%"),
        (Figure("a", Unit.SHARE, 0.01, 0.02), "-1.00 points"),
        (Figure("a", Unit.SHARE, 0.01, 0.010001), "as before"),
        (Figure("a", Unit.COUNT, 24_021.0, 24_020.0), "as before"),
        (Figure("a", Unit.COUNT, 3.0, 0.0), "from 0"),
        (Figure("a", Unit.COUNT, 0.0, 0.0), "as before"),
        (Figure("a", Unit.COUNT, 3.0, None), ""),
        (Figure("a", Unit.COUNT, None, 3.0), ""),
    ],
)
def test_a_figure_is_compared_in_words(figure: Figure, words: str) -> None:
    assert compared(figure) == words


def test_the_page_needs_nothing_from_elsewhere_and_runs_nothing() -> None:
    found = page(report(Period.WEEKLY, Point("a <i>point</i>", "run `vitrine doctor`")))
    assert found.count("<svg") == 2
    assert "<script" not in found
    loaded = re.findall(r'(?:src|href)="([^"#]+)"|url\(([^)#]+)\)|@import', found)
    assert loaded == []
    assert "Disk &lt;b&gt;" in found
    assert "a &lt;i&gt;point&lt;/i&gt;" in found
    assert "<code>vitrine doctor</code>" in found
    assert "a<b" not in found
    assert "prefers-color-scheme: dark" in found


def test_on_a_phone_a_table_with_words_or_many_numbers_is_stacked_under_its_labels() -> None:
    cells = ("prometheus", 2e6, "its own limit on 2026-12-07, at 1.6 GB")
    columns = (Column("tier"), Column("now", Unit.BYTES), Column("forecast"))
    section = Section("disk", "Disk", "", tables=[Table("Tiers", columns, [cells])])
    found = page(Report(Span(Period.WEEKLY, END), "", [section]))
    assert '<table class="stacked">' in found
    assert '<td class="number" data-of="now">2.0 MB</td>' in found
    assert '<td class="rest" data-of="forecast">its own limit on' in found
    two = section._replace(tables=[Table("Tiers", columns[:2], [cells[:2]])])
    assert '<table class="stacked">' not in page(Report(Span(Period.WEEKLY, END), "", [two]))


def test_a_daily_report_has_the_numbers_and_what_is_out_of_order_alone() -> None:
    text = as_text(report(Period.DAILY, Point("it burns", "put it out")))
    assert "! Disk <b>: it burns\n  put it out" in text
    assert "Tiers" not in text
    assert "size  2.0 MB  +100%" in text
    quiet = as_text(report(Period.DAILY))
    assert "Everything is in order, as far as it is known." in quiet
    assert "Disk <b>: all is well" in quiet


def test_longer_reports_have_their_tables_and_no_colour_in_a_file() -> None:
    text = as_text(report(Period.WEEKLY))
    assert re.search(r"first\s+2\.0 MB", text)
    assert "\x1b" not in text
    assert re.search(r"age\s+no traffic", text)


def test_a_document_has_numbers_in_base_units_and_null_for_what_is_not_known() -> None:
    found = json.loads(json.dumps(document(report(Period.WEEKLY, Point("it burns")))))
    assert found["period"] == "weekly"
    assert found["out_of_order"][0]["section"] == "disk"
    section = found["sections"]["disk"]
    assert section["figures"][1]["now"] is None
    assert section["tables"][0]["rows"] == [{"tier": "first", "now": 2e6}]


def test_a_mail_has_text_a_page_without_plots_and_the_page_attached() -> None:
    mail = message(
        report(Period.WEEKLY, Point("it burns")), Email("you@example.org", "me@here", "mx", 25)
    )
    assert mail["Subject"] == "Vitrine, weekly report: 1 thing is out of order"
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "it burns" in text.get_content()
    assert "<svg" not in html.get_content()
    (file,) = mail.iter_attachments()
    assert file.get_filename() == "vitrine-weekly-2026-09-21.html"
    assert "<svg" in file.get_content()
