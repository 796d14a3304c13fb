"""How bots give themselves away in a log by what they do, whatever they call themselves."""

from __future__ import annotations

from enum import IntFlag, StrEnum

from vitrine.domain.log_line import LineKind


class Habit(IntFlag):
    """What a visitor of a log was seen doing, over the whole log."""

    NONE = 0
    PAGE = 1
    ASSET = 2
    ROBOTS_TXT = 4


class Behaviour(StrEnum):
    """What only bots do; the values are among those of `signals.BotReason`."""

    ROBOTS_TXT = "robots_txt"
    NO_ASSET = "no_asset"


def habit_of(kind: LineKind, path: str) -> Habit:
    """Return what one line shows of its visitor."""
    if kind is LineKind.ASSET:
        return Habit.ASSET
    if kind is LineKind.EVENT or kind is LineKind.UNMAPPED:
        return Habit.PAGE
    return Habit.ROBOTS_TXT if path == "/robots.txt" else Habit.NONE


def behaviour(habits: Habit, *, assets_logged: bool) -> Behaviour | None:
    """Return how a visitor differs from every browser, if it does.

    A browser fetches the style sheets, scripts and pictures of the pages that it shows; a log
    without any such line (`assets_logged` false) says nothing about that.
    """
    if Habit.ROBOTS_TXT in habits:
        return Behaviour.ROBOTS_TXT
    if assets_logged and Habit.PAGE in habits and Habit.ASSET not in habits:
        return Behaviour.NO_ASSET
    return None
