"""What a benchmark says: a figure beside the one that it is compared with."""

from __future__ import annotations

from typing import NamedTuple


class Result(NamedTuple):
    """One row: `ratio` is to be at least `bar`, or at most where `at_most` is set."""

    what: str
    ours: str
    against: str
    ratio: float
    bar: float
    at_most: bool = False

    @property
    def kept(self) -> bool:
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar

    def row(self) -> str:
        sign = "<=" if self.at_most else ">="
        verdict = "" if self.kept else "  FALLS SHORT"
        return (
            f"{self.what:<44} {self.ours:>18} {self.against:>22}"
            f" {self.ratio:>7.2f} {sign} {self.bar:g}{verdict}"
        )


HEADING = f"{'what':<44} {'ours':>18} {'against':>22} {'ratio':>7}    bar"
