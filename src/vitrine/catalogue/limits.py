"""Every limit on who sends, declared once; settings, metric and reference page follow from it."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.domain.limit import Bounds, LimitName

RECEIPT = "a receipt `rejected` with the reason `over_limit`"
TOGETHER = "all processes with the same `REDIS_URL`, else each"
EACH = "each process"
LOGIN_METRIC, LOGIN_LIMITED = "vitrine_logins_total", "limited"


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of something is taken in a minute, evenly refilled.

    `of` is whose bucket it is, `excess` what is answered beyond it, and `together` who counts in
    one. `meaning` is the setting's sentence. `at_once` is how much a full bucket holds where that
    is not a minute's worth. Direct peers on the machine itself are bound by no limit but those
    that `binds_loopback`. What is beyond it counts on `metric`, under its name or `counted_as`.
    """

    name: LimitName
    counts: str
    of: str
    per_minute: int
    excess: str
    together: str
    meaning: str
    at_once: int = 0
    binds_loopback: bool = False
    metric: str = "api_limited_total"
    counted_as: str = ""

    @property
    def field(self) -> str:
        """The name that the setting has in the program."""
        return f"{self.name}_per_minute"

    @property
    def setting(self) -> str:
        """The name that the setting has in the environment."""
        return f"VITRINE_{self.field.upper()}"

    def bounds(self, per_minute: int) -> Bounds:
        """Return the bounds where the setting says how much it is in a minute."""
        return Bounds(per_minute, self.at_once or per_minute)


VISITOR_EVENTS = Limit(
    LimitName.VISITOR_EVENTS,
    counts="events",
    of="visitor",
    per_minute=300,
    excess=RECEIPT,
    together=TOGETHER,
    meaning="Bound on the events of one visitor; direct peers on the machine itself have none.",
)
NETWORK_EVENTS = Limit(
    LimitName.NETWORK_EVENTS,
    counts="events",
    of="network",
    per_minute=6_000,
    excess=RECEIPT,
    together=TOGETHER,
    meaning=(
        "Bound on the events of one network (/24, /48); direct peers on the machine have none."
    ),
)
SITE_EVENTS = Limit(
    LimitName.SITE_EVENTS,
    counts="events that no other limit refused",
    of="site",
    per_minute=60_000,
    excess=RECEIPT,
    together=TOGETHER,
    meaning=(
        "Bound on the events of everybody together, for the sake of the disk and the database;"
        " those of direct peers on the machine itself do not count."
    ),
)
NETWORK_ASKS = Limit(
    LimitName.NETWORK_ASKS,
    counts="pages that are asked for",
    of="network",
    per_minute=6_000,
    excess="the default page",
    together=EACH,
    meaning=(
        "Pages that one network gets for its visitors in each process; then it gets default pages."
    ),
)
NETWORK_QUESTIONS = Limit(
    LimitName.NETWORK_QUESTIONS,
    counts="requests to `/api/visitor`",
    of="network",
    per_minute=60,
    excess="429, `Retry-After: 60`",
    together=EACH,
    meaning=(
        "Questions of one network's visitors about themselves (`/api/visitor`) in each process:"
        " a page asks once or twice, and each erasure writes the log back."
    ),
)
TOKEN_REQUESTS = Limit(
    LimitName.TOKEN_REQUESTS,
    counts="requests that bear it",
    of="token: that of `/api/admin`, that of `/metrics`, those of a visitor together",
    per_minute=60,
    excess="429 with `Retry-After`",
    together=EACH,
    meaning=(
        "Requests with one token (that of `/api/admin`, that of `/metrics`, those of a visitor) in"
        " each process, from wherever they come; direct peers on the machine itself do not count."
    ),
)
NETWORK_WRONG_TOKENS = Limit(
    LimitName.NETWORK_WRONG_TOKENS,
    counts="wrong tokens, at `/api/admin` and at `/metrics` apart",
    of="network",
    per_minute=10,
    excess="429 with `Retry-After`, whatever the network sends: also the right token",
    together=EACH,
    meaning=(
        "Wrong tokens that one network may try at `/api/admin`, and at `/metrics`, in each process;"
        " direct peers on the machine itself do not count."
    ),
)
NETWORK_LOGINS = Limit(
    LimitName.NETWORK_LOGINS,
    counts="tries to log in to the console",
    of="network",
    per_minute=6,
    at_once=10,
    excess="429 with `Retry-After`, also for the right password",
    together="all processes of a database",
    meaning=(
        "Tries of one network to log in to the console, beyond ten at once; those of the machine"
        " itself count as well."
    ),
    binds_loopback=True,
    metric=LOGIN_METRIC,
    counted_as=LOGIN_LIMITED,
)
SITE_LOGINS = Limit(
    LimitName.SITE_LOGINS,
    counts="tries to log in to the console",
    of="site",
    per_minute=60,
    excess="429 with `Retry-After`, also for the right password",
    together="all processes of a database",
    meaning="Tries of everybody to log in to the console, also from the machine itself.",
    binds_loopback=True,
    metric=LOGIN_METRIC,
    counted_as=LOGIN_LIMITED,
)

LIMITS = (
    *(VISITOR_EVENTS, NETWORK_EVENTS, SITE_EVENTS),
    *(NETWORK_ASKS, NETWORK_QUESTIONS),
    *(TOKEN_REQUESTS, NETWORK_WRONG_TOKENS),
    *(NETWORK_LOGINS, SITE_LOGINS),
)
"""Every limit, in the order in which the reference page has them."""
