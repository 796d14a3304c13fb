from __future__ import annotations

from dataclasses import replace

import pytest

from vitrine.operations.backup.figures import Answer, Figures, differences

HELD = Figures(
    version="2.42.0",
    selector='{__name__!=""}',
    since_ms=1_767_225_600_000,
    until_ms=1_767_229_200_000,
    series=1_200,
    labels="a",
    answers=(Answer(1_767_227_400_000, 400, "b"), Answer(1_767_229_200_000, 410, "c")),
)


def test_a_later_version_of_prometheus_is_no_difference() -> None:
    assert list(differences(HELD, replace(HELD, version="3.13.2"))) == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (replace(HELD, series=1_199), "1,199 series instead of 1,200"),
        (replace(HELD, labels="z"), "series with other labels"),
        (
            replace(HELD, since_ms=1_767_229_199_000),
            "begins at 2026-01-01 00:59:59 UTC instead of 2026-01-01 00:00:00 UTC",
        ),
        (
            replace(HELD, answers=(HELD.answers[0], Answer(1_767_229_200_000, 9, "c"))),
            "9 samples instead of 410 in the minute before 2026-01-01 01:00:00 UTC",
        ),
        (
            replace(HELD, answers=(HELD.answers[0], Answer(1_767_229_200_000, 410, "z"))),
            "other values in the minute before 2026-01-01 01:00:00 UTC",
        ),
        (
            replace(HELD, answers=HELD.answers[:1]),
            "0 samples instead of 410 in the minute before 2026-01-01 01:00:00 UTC",
        ),
    ],
)
def test_each_difference_is_said(found: Figures, said: str) -> None:
    assert list(differences(HELD, found)) == [said]
