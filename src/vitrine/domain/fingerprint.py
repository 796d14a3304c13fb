"""What many visits have in common: the features that were seen, in three levels of loudness."""

from __future__ import annotations

from collections.abc import Container, Mapping
from hashlib import blake2b

STRONGEST = 4
"""Features that make a fingerprint; a fifth splits visits that ask the same question."""
LEVELS = (1.6, 3.6)
"""Weights from which a feature counts as seen again, and as seen often."""

Levels = Mapping[str, int]
"""Features with 1 (seen), 2 (seen again) or 3 (often), in alphabetical order."""


def levels_of(features: Mapping[str, float], known: Container[str]) -> dict[str, int]:
    """Return the strongest features of a visit that the site's evidence knows, with levels.

    Known features are made of ids of the site's catalogue alone, never of visitors' words.
    """
    spoken = [(weight, name) for name, weight in features.items() if name in known]
    spoken.sort(key=lambda seen: (-_level(seen[0]), seen[1]))
    return {name: _level(weight) for weight, name in sorted(spoken[:STRONGEST], key=_by_name)}


def fingerprint_of(levels: Levels) -> str:
    """Return a short name that visits with the same levels share."""
    text = "\n".join(f"{name}={level}" for name, level in sorted(levels.items()))
    return blake2b(text.encode(), digest_size=12).hexdigest()


def _level(weight: float) -> int:
    return 1 + sum(weight >= edge for edge in LEVELS)


def _by_name(seen: tuple[float, str]) -> str:
    return seen[1]
