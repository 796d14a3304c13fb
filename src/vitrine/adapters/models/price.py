"""List prices of models, from the table of `genai-prices`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import ROUND_CEILING, Decimal
from functools import cache
from importlib.metadata import distribution
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from genai_prices import Usage as PricedUsage
from genai_prices import calc_price
from genai_prices.data_snapshot import get_snapshot

from vitrine.domain.cost import Cost, Provenance, Usage
from vitrine.domain.question import Prompt

MICRO = Decimal(1_000_000)
IN_THE_TABLE = {"gemini": "google", "deepseek": "deepseek"}
ASSUMED_INPUT, ASSUMED_OUTPUT = Decimal("2.5"), Decimal(10)
"""US dollars per million tokens of a model that no table knows: more than most small ones cost."""
FRAME_TOKENS = 200
"""What a provider's own framing adds to a prompt, generously."""
HOURS = tuple(time(hour, 30) for hour in range(24))
"""DeepSeek's prices depend on the time of day; a reservation takes the dearest."""


@dataclass(frozen=True, slots=True)
class Prices:
    """What the tokens of one model cost."""

    provider: str
    model: str
    free: bool

    @property
    def provenance(self) -> Provenance:
        if self.free:
            return Provenance.FREE
        return Provenance.PRICED if _known(self.provider, self.model) else Provenance.UNPRICED

    def cost(self, usage: Usage, at: datetime | None = None) -> Cost:
        """Return the list price, rounded up to a millionth of a dollar."""
        provenance = self.provenance
        if provenance is Provenance.FREE:
            dollars = Decimal(0)
        elif provenance is Provenance.PRICED:
            dollars = _price(self.provider, self.model, usage, at or datetime.now(UTC))
        else:
            dollars = (usage.input * ASSUMED_INPUT + usage.output * ASSUMED_OUTPUT) / MICRO
        return Cost(int((dollars * MICRO).to_integral_value(ROUND_CEILING)), provenance)

    def most(self, prompt: Prompt) -> Cost:
        """Return the most that asking can cost: each byte a token, at the dearest hour."""
        texts = (prompt.instructions, prompt.evidence, repr(prompt.schema))
        tokens = sum(len(text.encode()) for text in texts) + FRAME_TOKENS
        usage = Usage(tokens, prompt.most_tokens)
        today = datetime.now(UTC).date()
        return max(
            self.cost(usage, datetime.combine(today, hour, UTC))
            for hour in (HOURS if self.provenance is Provenance.PRICED else HOURS[:1])
        )


def is_local(base_url: str) -> bool:
    """Tell whether a server stands on this machine or in a private network, and bills nobody."""
    host = urlsplit(base_url).hostname or ""
    try:
        return ip_address(host).is_private
    except ValueError:
        return host == "localhost" or "." not in host


def price_table_date() -> datetime:
    """Return when the price table was brought onto this machine, at the latest.

    The table bears no date of its own; the time of its file is that of its installation, so
    its prices are at least that old.
    """
    files = distribution("genai-prices").files or ()
    data = next(Path(str(file.locate())) for file in files if file.name == "data.py")
    return datetime.fromtimestamp(data.stat().st_mtime, UTC)


@cache
def _known(provider: str, model: str) -> bool:
    listed = IN_THE_TABLE.get(provider)
    if listed is None:
        return False
    try:
        get_snapshot().find_provider_model(model, None, listed, None)
    except LookupError:
        return False
    return True


def _price(provider: str, model: str, usage: Usage, at: datetime) -> Decimal:
    priced = calc_price(
        PricedUsage(
            input_tokens=usage.input,
            output_tokens=usage.output,
            cache_read_tokens=usage.cached,
        ),
        model,
        provider_id=IN_THE_TABLE[provider],
        genai_request_timestamp=at,
    )
    return priced.total_price
