"""What a model's work costs, and how that is known."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Usage(NamedTuple):
    """Tokens of one attempt; `cached` ones are part of `input`."""

    input: int = 0
    output: int = 0
    cached: int = 0


class Provenance(StrEnum):
    """How a cost is known: from the price table, as a local model's nothing, or not at all."""

    PRICED = "priced"
    FREE = "free"
    UNPRICED = "unpriced"


class Cost(NamedTuple):
    """What an attempt costs, in millionths of a US dollar; an assumption where unpriced."""

    micro_usd: int
    provenance: Provenance
