"""Does personalizing help? A tenth of the visitors is held out, and the two are compared.

The answer is one of three: too few visitors yet, with how many more it takes; a split that
is off, which makes every comparison void; or a difference with an interval that stays
valid however often somebody looks.
"""

from __future__ import annotations

import math
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

ALPHA = 0.05
"""How often, at most, the interval may ever miss the true difference."""
SPLIT_FAILS_BELOW = 0.001
"""A split this improbable is broken, not unlucky: the usual limit, as it is looked at often."""
SPLIT_CHECKED_FROM = 5.0
"""Visitors to be expected in the smaller arm before chi-squared holds (Cochran's rule)."""
TUNED_FOR = 5_000
"""Visitors in both arms at which the interval is tightest for what they can tell; with a
tenth as many it is 26 % wider than it could be, with ten times as many 7 %."""
RELATIVE_EFFECT = 0.2
"""An effect worth knowing about: 20 % more (or fewer) conversions than the held out."""
LEAST_EXPOSED = 100
LEAST_CONVERTED = 10
"""Each arm needs this many visitors, conversions and visitors without one, since the
interval leans on the central limit theorem."""
PRIOR_RATE = 0.05
PRIOR_VISITORS = 20
"""What is believed of a site before its first visitors, and how firmly: as if 20 visitors
had been seen to convert at 5 %."""

_MOST_VISITORS = 2**53


class Arm(NamedTuple):
    """Visitors of one arm who were exposed, and how many of them converted afterwards."""

    exposed: int
    converted: int


class NotEnoughData(NamedTuple):
    """Nothing can be said yet. `more_needed` estimates the further visitors that it takes.

    It is `None` where no number of visitors would do, because an arm takes nobody in.
    """

    more_needed: int | None

    @property
    def state(self) -> str:
        """The word for it in answers."""
        return "not_enough_data"


class SplitIsOff(NamedTuple):
    """The arms' sizes are not the ones asked for, so exposures were lost or doubled."""

    p: float

    @property
    def state(self) -> str:
        """The word for it in answers."""
        return "split_is_off"


class Measured(NamedTuple):
    """Conversion rate of the personalised minus that of the held out, in absolute terms."""

    difference: float
    low: float
    high: float

    @property
    def state(self) -> str:
        """The word for it in answers."""
        return "measured"


Verdict = NotEnoughData | SplitIsOff | Measured


def is_held_out(visitor: str, share: float, salt: bytes) -> bool:
    """Tell whether a visitor always sees the default page; a `share` from 0 to 1 of them do.

    Sticky without being stored: it follows from the pseudonym and the salt (1 to 64 bytes)
    alone. A larger share keeps everybody who was held out before.
    """
    digest = blake2b(visitor.encode(), digest_size=8, key=salt, person=b"holdout").digest()
    return int.from_bytes(digest) < share * 2**64


def split_p(personalised: int, held_out: int, share: float) -> float:
    """Return how probable a split at least this uneven is if `share` is really held out.

    Pearson's chi-squared with one degree of freedom, whose upper tail is erfc(sqrt(x / 2)).
    """
    total = personalised + held_out
    expected = total * share
    chi_squared = (held_out - expected) ** 2 / (expected * (1.0 - share))
    return math.erfc(math.sqrt(chi_squared / 2.0))


def interval(personalised: Arm, held_out: Arm, alpha: float = ALPHA) -> Measured:
    """Return the difference of the rates in an interval that is valid at every look.

    With probability 1 - `alpha` it holds the true difference at all times at once, so
    looking daily and stopping when one likes is allowed. Both arms must have visitors.
    """
    variance = sum(
        rate * (1.0 - rate) / arm.exposed
        for rate, arm in zip(_rates(personalised, held_out), (personalised, held_out), strict=True)
    )
    half = math.sqrt(variance) * _boundary(personalised.exposed + held_out.exposed, alpha)
    difference = personalised.converted / personalised.exposed
    difference -= held_out.converted / held_out.exposed
    return Measured(difference, difference - half, difference + half)


def visitors_needed(
    personalised: float, held_out: float, share: float, alpha: float = ALPHA
) -> int:
    """Return the visitors, in both arms, at which the interval is narrow enough.

    That is the smallest number whose half width is at most `RELATIVE_EFFECT` of the rate
    `held_out`, if the arms go on to convert at these rates (between 0 and 1) and `share`
    (likewise) is held out.
    """
    variance = personalised * (1.0 - personalised) / (1.0 - share)
    variance += held_out * (1.0 - held_out) / share
    low, high = 1, _MOST_VISITORS
    while low < high:
        middle = (low + high) // 2
        half = math.sqrt(variance / middle) * _boundary(middle, alpha)
        if half <= RELATIVE_EFFECT * held_out:
            high = middle
        else:
            low = middle + 1
    return low


def judge(personalised: Arm, held_out: Arm, share: float, alpha: float = ALPHA) -> Verdict:
    """Return what the arms allow to be said, when a `share` of visitors was to be held out.

    A difference is given once the interval excludes 0, or as many visitors came as it
    takes to rule out a difference of `RELATIVE_EFFECT`.
    """
    if not 0.0 < share < 1.0:
        return NotEnoughData(None)
    total = personalised.exposed + held_out.exposed
    if total * min(share, 1.0 - share) >= SPLIT_CHECKED_FROM:
        p = split_p(personalised.exposed, held_out.exposed, share)
        if p < SPLIT_FAILS_BELOW:
            return SplitIsOff(p)
    rates = _rates(personalised, held_out)
    lacking = max(
        _lacking(personalised, rates[0], 1.0 - share), _lacking(held_out, rates[1], share)
    )
    narrowing = visitors_needed(*rates, share, alpha) - total
    if lacking == 0:
        measured = interval(personalised, held_out, alpha)
        if narrowing <= 0 or not measured.low <= 0.0 <= measured.high:
            return measured
    return NotEnoughData(max(lacking, narrowing))


def _lacking(arm: Arm, rate: float, share: float) -> int:
    """Return the visitors, in both arms, until the arm has the least counts; 0 if it has."""
    converted, others = arm.converted, arm.exposed - arm.converted
    return max(
        math.ceil(max(LEAST_EXPOSED - arm.exposed, 0) / share),
        math.ceil(max(LEAST_CONVERTED - converted, 0) / (share * rate)),
        math.ceil(max(LEAST_CONVERTED - others, 0) / (share * (1.0 - rate))),
    )


def _rates(personalised: Arm, held_out: Arm) -> tuple[float, float]:
    """Return the arms' rates, drawn towards their common one and that towards the prior.

    They are never 0 or 1, so a handful of visitors who all did the same proves nothing.
    """
    converted = personalised.converted + held_out.converted + PRIOR_RATE * PRIOR_VISITORS
    pooled = converted / (personalised.exposed + held_out.exposed + PRIOR_VISITORS)
    first, second = (
        (arm.converted + PRIOR_VISITORS * pooled) / (arm.exposed + PRIOR_VISITORS)
        for arm in (personalised, held_out)
    )
    return first, second


def _boundary(visitors: int, alpha: float) -> float:
    """Return the half width in standard errors: the asymptotic confidence sequence.

    Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas, "Time-uniform central limit theory and
    asymptotic confidence sequences" (arXiv 2103.06476), theorem 2.2, for the mean of
    per-visitor effects whose variance is v1 / (1 - share) + v0 / share (their section 3):
    sqrt(2 (t r + 1) / (t r) * log(sqrt(t r + 1) / alpha)) with r = rho squared.
    """
    scaled = visitors * _tuned(alpha) / TUNED_FOR
    return math.sqrt((scaled + 1.0) / scaled * (math.log(scaled + 1.0) - 2.0 * math.log(alpha)))


@cache
def _tuned(alpha: float) -> float:
    """Return t * rho squared where the boundary is tightest: x = log((x + 1) / alpha^2).

    The derivative's only positive root, -W(-alpha^2 / e) - 1 on Lambert's lower branch;
    the iteration gains about a digit a step.
    """
    x = 1.0 - 2.0 * math.log(alpha)
    for _ in range(30):
        x = math.log(x + 1.0) - 2.0 * math.log(alpha)
    return x
