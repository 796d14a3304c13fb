from __future__ import annotations

import pytest

from vitrine.domain.bot import Behaviour, Habit, behaviour, habit_of
from vitrine.domain.log_line import LineKind
from vitrine.signals import BotReason


def test_every_behaviour_is_a_reason_that_signals_know() -> None:
    assert {found.value for found in Behaviour} <= {reason.value for reason in BotReason}


@pytest.mark.parametrize(
    ("kind", "path", "habit"),
    [
        (LineKind.EVENT, "/", Habit.PAGE),
        (LineKind.UNMAPPED, "/x", Habit.PAGE),
        (LineKind.ASSET, "/x.css", Habit.ASSET),
        (LineKind.MACHINE, "/robots.txt", Habit.ROBOTS_TXT),
        (LineKind.MACHINE, "/sitemap.xml", Habit.NONE),
        (LineKind.NOT_A_PAGE, "/", Habit.NONE),
        (LineKind.FEED, "/feed", Habit.NONE),
    ],
)
def test_a_line_shows_one_habit_at_most(kind: LineKind, path: str, habit: Habit) -> None:
    assert habit_of(kind, path) is habit


def test_who_reads_pages_without_their_assets_is_a_bot() -> None:
    assert behaviour(Habit.PAGE, assets_logged=True) is Behaviour.NO_ASSET


def test_one_asset_speaks_for_a_browser() -> None:
    assert behaviour(Habit.PAGE | Habit.ASSET, assets_logged=True) is None


def test_a_log_without_assets_says_nothing_about_them() -> None:
    assert behaviour(Habit.PAGE, assets_logged=False) is None


def test_who_asks_for_robots_txt_is_a_bot_whatever_else_it_fetches() -> None:
    habits = Habit.PAGE | Habit.ASSET | Habit.ROBOTS_TXT
    assert behaviour(habits, assets_logged=True) is Behaviour.ROBOTS_TXT


def test_who_asks_for_no_page_is_not_judged_by_assets() -> None:
    assert behaviour(Habit.NONE, assets_logged=True) is None
