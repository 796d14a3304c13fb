"""A service on memory adapters for tests, and a client that calls it without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from ipaddress import ip_network
from typing import Any, NamedTuple

import pytest

from tests.sites import reader_of, small_site
from vitrine.adapters.cache import MeasuredCache, MemoryCache
from vitrine.adapters.limits import MemoryLimits
from vitrine.adapters.memory import MemoryNotes, MemoryVisitStore
from vitrine.api.app import Application
from vitrine.api.http import AsgiApp
from vitrine.api.service import Service
from vitrine.domain.evidence import Evidence
from vitrine.domain.limit import Bounds, EventBounds, LimitName
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.domain.rule import Rule
from vitrine.domain.site import Site
from vitrine.domain.visit import Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.senders import Senders
from vitrine.signals import Emit, Signal
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.registry import Registry
from vitrine.usecases.allowance import Allowance
from vitrine.usecases.analyse import RuleBook, UseTable, load_rules
from vitrine.usecases.chain import LocalRules
from vitrine.usecases.desk import Desk
from vitrine.usecases.export import Export
from vitrine.usecases.expose import Exposures
from vitrine.usecases.forget import Forget
from vitrine.usecases.gate import Gate
from vitrine.usecases.identify import DaySalt, Identify, Sender
from vitrine.usecases.ingest import Ingest
from vitrine.usecases.opt_out import OptOuts
from vitrine.usecases.personalize import Decisions, Personalize
from vitrine.usecases.ports import NotAtHand, Recorded, StoreUnavailableError, Unit
from vitrine.usecases.proof import Proofs
from vitrine.usecases.review import Review
from vitrine.usecases.switch import OffSwitch
from vitrine.wiring.metrics import build_registry

NOON = 1_700_049_600_000
KEY = b"sixteen bytes or more"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PERSON = Sender("198.51.100.7", BROWSER)
ORIGIN = "https://portfolio.example"
TOKEN = "the-token-of-the-tests"
METRICS_TOKEN = "the-metrics-token-of-the-tests"
OWNER_ID, OWNER_ADDRESS = "the-owner", "203.0.113.9"
PATIENT_S, IMPATIENT_S = 60.0, 0.01
"""What a test gives a store that is well, on a machine that does much else, and one that hangs."""

RECRUITED: tuple[dict[str, Any], ...] = (
    {"event_name": "section_view", "event_params": {"section_id": "experience"}},
    {"event_name": "career_timeline_interact", "event_params": {"entry_id": "first-job"}},
    {"event_name": "skill_hover", "event_params": {"skill_id": "leadership"}},
    {"event_name": "download_resume"},
    {"event_name": "contact_intent", "event_params": {"channel": "email"}},
)
"""What nobody but a recruiter would do."""


class ListedCrawlers:
    """Satisfies `Crawlers` with a list of two."""

    def match(self, agent: str) -> str | None:
        listed = {"Googlebot": "search-engine", "curl": "http-library"}
        return listed.get(agent.partition("/")[0])


async def _hang() -> None:
    await asyncio.sleep(5)
    pytest.fail("nobody gave up waiting")


class FailingStore(MemoryVisitStore):
    """A store that can be told to fail, to hang, or to have nothing at hand."""

    fails = hangs = forgets = False

    async def record(self, unit: Unit) -> Recorded:
        await self._trouble()
        return await super().record(unit)

    def recall(  # type: ignore[override]  # as wide as the port allows
        self, visitor: str
    ) -> Visit | NotAtHand | None:
        return NotAtHand.NOT_AT_HAND if self.forgets else super().recall(visitor)

    async def latest(self, visitor: str) -> Visit | None:
        await self._trouble()
        return await super().latest(visitor)

    async def _trouble(self) -> None:
        if self.fails:
            raise StoreUnavailableError("OperationalError")
        if self.hangs:
            await _hang()


class FailingNotes(MemoryNotes):
    """Notes that can be told to fail or to hang."""

    fails = hangs = False

    async def get(self, name: str) -> bytes | None:
        if self.fails:
            raise StoreUnavailableError("OperationalError")
        if self.hangs:
            await _hang()
        await asyncio.sleep(0)  # like everything that asks a disk
        return await super().get(name)


class SlowNotes(MemoryNotes):
    """Notes of which one is first read at once, and handed over when the test says so."""

    def __init__(self, slow: str) -> None:
        super().__init__()
        self._slow = slow
        self.read, self.told = asyncio.Event(), asyncio.Event()

    async def get(self, name: str) -> bytes | None:
        found = await super().get(name)
        if name == self._slow and not self.read.is_set():
            self.read.set()
            await self.told.wait()
        return found

    async def late(self, reading: Awaitable[None], changing: Awaitable[None]) -> None:
        """Begin to read, change it meanwhile, and let both come to their end."""
        began = asyncio.ensure_future(reading)
        await self.read.wait()
        changed = asyncio.ensure_future(changing)
        await asyncio.sleep(0)
        self.told.set()
        await asyncio.gather(began, changed)


@dataclass
class Parts:
    """Everything that a service is made of; change what a test is about before its first use."""

    site: Site = field(default_factory=small_site)
    now: int = NOON
    heard: list[Signal] = field(default_factory=list)
    deadline_s: float = PATIENT_S
    per_visitor: float = 1e6
    per_network: float = 1e6
    account_keys: tuple[bytes, ...] = ()
    claims: bool = True
    per_site: float = 1e6
    per_token: float = 1e6
    per_asker: float = 60
    wrong_tokens: float = 10
    held_out: Callable[[str], bool] = lambda _visitor: False
    trusted: Sequence[str] = ()
    problem: str | None = None
    listener: Emit | None = None
    levels: list[str] = field(default_factory=list)
    remembered: list[str] = field(default_factory=list)
    erased_lines: list[str] = field(default_factory=list)

    @cached_property
    def emit(self) -> Emit:
        return self.listener or self.heard.append

    @cached_property
    def store(self) -> FailingStore:
        evidence = Evidence(self.site, FITTED)
        return FailingStore(
            Folding(evidence, self.site.threshold, self.site.conversions, self.held_out)
        )

    @cached_property
    def notes(self) -> FailingNotes:
        return FailingNotes()

    @cached_property
    def pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(KEY, self.site.id)

    @cached_property
    def proofs(self) -> Proofs:
        return Proofs(KEY, lambda: self.now, self.account_keys)

    @cached_property
    def opt_outs(self) -> OptOuts:
        return OptOuts(self.notes, lambda: self.now)

    @cached_property
    def switch(self) -> OffSwitch:
        return OffSwitch(self.notes, self.emit)

    @cached_property
    def identify(self) -> Identify:
        return Identify(
            self.pseudonyms,
            DaySalt(self.notes),
            self.proofs,
            claims=self.claims,
            opted_out=self.opt_outs,
            owner_ids=frozenset({OWNER_ID}),
            owner_addresses=lambda address: address == OWNER_ADDRESS,
        )

    @cached_property
    def ingest(self) -> Ingest:
        return Ingest(
            reader=reader_of(self.site),
            names=self.site.event_types,
            store=self.store,
            identify=self.identify,
            crawlers=ListedCrawlers(),
            limits=self.limits,
            switch=self.switch,
            clock=lambda: self.now,
            emit=self.emit,
        )

    @cached_property
    def rules(self) -> RuleBook:
        return RuleBook(self.site, UseTable(self.site.version))

    def rule(self, segment: str | None, language: str) -> Rule:
        return self.rules.rule(segment, language)

    async def reload_rules(self) -> None:
        self.rules = await load_rules(self.site, self.notes)

    @cached_property
    def review(self) -> Review:
        return Review(
            site=self.site, store=self.store, analyst=LocalRules(), clock=lambda: self.now
        )

    @cached_property
    def exposures(self) -> Exposures:
        return Exposures(self.store, lambda: self.now, self.emit)

    @cached_property
    def personalize(self) -> Personalize:
        cache = MemoryCache(entries=100, limit=100_000, emit=self.emit)
        return Personalize(
            store=self.store,
            identify=self.identify,
            decisions=Decisions(MeasuredCache(cache, self.emit), lambda: self.rules),
            exposures=self.exposures,
            switch=self.switch,
            asks=self.allowance(LimitName.NETWORK_ASKS, self.per_network),
            deadline_s=self.deadline_s,
            clock=lambda: self.now,
            emit=self.emit,
        )

    @cached_property
    def limits(self) -> MemoryLimits:
        each = (self.per_visitor, self.per_network, self.per_site)
        return MemoryLimits(EventBounds(*(Bounds(much, much) for much in each)))

    def allowance(self, limit: LimitName, per_minute: float) -> Allowance:
        return Allowance(limit, Bounds(per_minute, per_minute), self.emit)

    def gate(self, token: str) -> Gate:
        return Gate(
            token,
            requests=self.allowance(LimitName.TOKEN_REQUESTS, self.per_token),
            wrong=self.allowance(LimitName.NETWORK_WRONG_TOKENS, self.wrong_tokens),
            clock=lambda: self.now,
        )

    @cached_property
    def desk(self) -> Desk:
        return Desk(
            identify=self.identify,
            proofs=self.proofs,
            export=Export(
                store=self.store,
                evidence=Evidence(self.site, FITTED),
                sites=lambda _language: self.site,
                rules=lambda: self.rules,
                opted_out=self.opt_outs,
            ),
            forget=self.forget,
            opt_outs=self.opt_outs,
            questions=self.allowance(LimitName.NETWORK_QUESTIONS, self.per_asker),
            requests=self.allowance(LimitName.TOKEN_REQUESTS, self.per_token),
            clock=lambda: self.now,
        )

    @cached_property
    def forget(self) -> Forget:
        return Forget(
            store=self.store,
            exposures=self.exposures,
            limits=self.limits,
            remember=self.remember,
            erase_lines=self.erase_lines,
            emit=self.emit,
        )

    async def remember(self, visitor: str) -> None:
        self.remembered.append(visitor)

    async def erase_lines(self, visitor: str) -> None:
        self.erased_lines.append(visitor)

    @cached_property
    def registry(self) -> Registry:
        return build_registry(self.site)

    @cached_property
    def service(self) -> Service:
        async def nothing() -> None: ...

        async def ready() -> str | None:
            return self.problem

        async def experiment() -> dict[str, Any]:
            return {"state": "too_little"}

        async def explain(user_id: str) -> dict[str, Any] | None:
            visit = await self.store.latest(self.pseudonym(user_id))
            return None if visit is None else {"segment": visit.segment}

        return Service(
            site=self.site,
            ingest=self.ingest,
            personalize=self.personalize,
            desk=self.desk,
            switch=self.switch,
            senders=Senders([ip_network(network) for network in self.trusted]),
            emit=self.emit,
            admin_gate=self.gate(TOKEN),
            metrics_gate=self.gate(METRICS_TOKEN),
            start=nothing,
            stop=nothing,
            ready=ready,
            summary=lambda: {"visits": 3},
            scrape=Exposition(self.registry).render,
            set_log_level=self.levels.append,
            rule=self.rule,
            reload_rules=self.reload_rules,
            review=self.review,
            experiment=experiment,
            explain=explain,
            forget=lambda user_id: self.forget(self.pseudonym(user_id)),
        )

    @cached_property
    def app(self) -> AsgiApp:
        return Application(self.service)

    @property
    def client(self) -> Client:
        return Client(self.app)

    def pseudonym(self, user_id: str) -> str:
        return self.pseudonyms.claimed(user_id)

    def of(self, kind: type[Signal]) -> list[Any]:
        """Return the signals of one kind that were heard."""
        return [signal for signal in self.heard if type(signal) is kind]


class Reply(NamedTuple):
    """An answer; `reads` counts how often the application asked for a piece of the body."""

    status: int
    headers: dict[str, str]
    body: bytes
    reads: int
    cookies: Sequence[str] = ()

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def text(self) -> str:
        return self.body.decode()


NEVER_S = 3_600.0


class Client:
    """Calls an ASGI application as a server would.

    Who `stays` keeps the connection for as long as an answer lasts.
    """

    stays = False

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def call(
        self,
        method: str,
        path: str,
        *,
        chunks: Iterable[bytes] = (b"",),
        query: str = "",
        peer: str | None = PERSON.address,
        **headers: str,
    ) -> Reply:
        """Send one request; underscores in header names stand for hyphens."""
        waiting = list(chunks)
        sent: list[dict[str, Any]] = []
        reads = 0

        async def receive() -> dict[str, Any]:
            nonlocal reads
            reads += 1
            if not waiting:
                if self.stays:
                    await asyncio.sleep(NEVER_S)
                return {"type": "http.disconnect"}
            chunk = waiting.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(waiting)}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        given = {"user-agent": BROWSER, "host": "vitrine.example"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(n.encode(), v.encode("latin-1")) for n, v in given.items()],
            "client": (peer, 50_000) if peer else None,
            "server": ("vitrine.example", 80),
        }
        await self._app(scope, receive, send)
        start, *parts = sent
        answered = {n.decode().lower(): v.decode("latin-1") for n, v in start["headers"]}
        cookies = [v.decode() for n, v in start["headers"] if n.lower() == b"set-cookie"]
        body = b"".join(p.get("body", b"") for p in parts)
        return Reply(start["status"], answered, body, reads, cookies)

    async def post(self, content: Any, **options: Any) -> Reply:
        """Send events: one, or a batch, as JSON."""
        body = json.dumps(content).encode()
        length = str(len(body))
        return await self.call(
            "POST", "/api/events", chunks=[body], **{"content_length": length, **options}
        )

    async def ask(self, user_id: str | None = None, **options: Any) -> Reply:
        """Ask for a visitor's personalization."""
        query = "" if user_id is None else f"user_id={user_id}"
        return await self.call("GET", "/api/personalization", **{"query": query, **options})


def batch(*events: Any, visitor: str | None = None) -> dict[str, Any]:
    """Return a batch, each event named for a visitor where one is given."""
    named = {} if visitor is None else {"user_pseudo_id": visitor}
    return {"events": [{**event, **named} if named else event for event in events]}
