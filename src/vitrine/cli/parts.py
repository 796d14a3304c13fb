"""What became of each part of a backup, a line for each."""

from __future__ import annotations


def part(name: str, words: str) -> str:
    """Return the line of a part; names that are too long for their column are kept apart."""
    return f"{name:<15} {words}"
