"""A line of the log as people read it."""

from __future__ import annotations

from typing import Any

from vitrine.operations.logs.text import as_text

LINE = {
    "timestamp": "2026-03-01T10:00:03.269Z",
    "level": "WARNING",
    "severity": "WARNING",
    "logger": "vitrine.usecases.ingest",
    "message": "Segmentation completed for user",
    "module": "ingest",
    "function": "_announce",
    "line": 181,
}


def text(**members: Any) -> str:
    return as_text({**LINE, **members}, lambda text, _level: text)


def test_time_level_component_message_and_the_events_own_fields_are_shown() -> None:
    assert text(
        segment="STUDENT", confidence=0.81, why=None, said="two words", request_id="ab"
    ) == (
        "2026-03-01 10:00:03.269  WARNING  usecases.ingest  Segmentation completed for user"
        '  segment=STUDENT  confidence=0.81  why=null  said="two words"  request_id=ab\n'
    )


def test_an_exception_stands_indented_below() -> None:
    shown = text(exception="Traceback:\n  File x\nValueError: no")
    assert shown.splitlines()[1:] == ["    Traceback:", "      File x", "    ValueError: no"]


def test_nothing_in_a_line_can_speak_to_the_terminal() -> None:
    shown = text(
        message="\x1b[2J\x07gone\n",
        logger="a\rb",
        exception="\x1b]0;title\x07",
        **{"na\x1bme": "\u202eleft", "list": ["\x9b31m"], "lone": "\ud800"},
    )
    assert shown.isascii()
    assert all(line.isprintable() for line in shown.splitlines())


def test_a_level_is_painted_and_nothing_else() -> None:
    painted = as_text(LINE, lambda text, level: f"<{level}:{text}>")
    assert painted.count("<") == 1
    assert "<WARNING:WARNING>" in painted
