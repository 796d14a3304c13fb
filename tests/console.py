"""A console on memory adapters, and somebody who visits it without a socket."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from argon2 import PasswordHasher

from tests.series import WrittenSeries
from tests.service import Client, Parts, Reply
from tests.watchers import WrittenAlerts, WrittenSilences
from vitrine.adapters.memory import MemoryArchive
from vitrine.api.app import Application
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.limits import NETWORK_LOGINS, SITE_LOGINS
from vitrine.console import Given, Password, People, console_routers
from vitrine.console.given import Logins
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import Folding
from vitrine.domain.weights import FITTED
from vitrine.operations.slo import Standing
from vitrine.telemetry.logs.recent import RecentLines
from vitrine.usecases.census import Census
from vitrine.usecases.journal import Journal
from vitrine.usecases.override import Override
from vitrine.usecases.reliability import Bin, Judgement
from vitrine.usecases.review import Report
from vitrine.usecases.story import Story
from vitrine.wiring.workers import present_of

PASSWORD = "the-password-of-the-tests"
HOST = "vitrine.example"
LOGINS = Logins(*(limit.bounds(limit.per_minute) for limit in (NETWORK_LOGINS, SITE_LOGINS)))
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""What takes a tenth of a second on purpose would take minutes over all tests."""


@dataclass
class ConsoleParts(Parts):
    """Everything that a service with a console is made of."""

    public_url: str = f"http://{HOST}"
    series: WrittenSeries = field(default_factory=WrittenSeries)
    alerts_known: frozenset[str] = frozenset()
    log: RecentLines = field(default_factory=RecentLines)
    stands: Sequence[Standing] = ()
    measured: dict[str, Any] = field(default_factory=dict)
    questions: list[int] = field(default_factory=list)
    worker: str = ""

    async def standings(self) -> Sequence[Standing]:
        if self.alerts.fails is not None:
            raise self.alerts.fails
        return self.stands

    @cached_property
    def alerts(self) -> WrittenAlerts:
        return WrittenAlerts(self.alerts_known)

    @cached_property
    def silences(self) -> WrittenSilences:
        return WrittenSilences(lambda: self.now)

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.notes, lambda: self.now)

    @cached_property
    def people(self) -> People:
        evidence = Evidence(self.site, FITTED)
        folding = Folding(evidence, self.site.threshold, self.site.conversions, self.held_out)
        archive = MemoryArchive(self.store)
        return People(
            archive=archive,
            census=Census(self.site, archive, lambda: self.now),
            story=Story(self.site, evidence, folding, archive),
            pseudonym=self.pseudonym,
            rule=self.rule,
            override=Override(
                site=self.site,
                notes=self.notes,
                clock=lambda: self.now,
                emit=self.emit,
                reload=self.reload_rules,
            ),
            review=self.asked,
            review_locally=self.review,
            experiment=self.experiment,
            reliability=self.reliability,
        )

    async def asked(self, days: int) -> Report:
        self.questions.append(days)
        return (await self.review(days))._replace(leg="gemini", model="flash")

    async def experiment(self) -> dict[str, Any]:
        return self.measured

    async def reliability(self) -> Judgement:
        bins = (Bin(0.4, 0.5, 10, 0.45, 0.5), Bin(0.9, 1.0, 90, 0.97, 0.96))
        return Judgement(100, 0.92, 0.9, 0.021, 0.05, bins)

    @cached_property
    def given(self) -> Given:
        return Given(
            site=self.site,
            public_url=self.public_url,
            password=Password(PASSWORD, QUICK),
            key=b"a key for cookies",
            sender=self.service.senders.sender,
            clock=lambda: self.now,
            notes=self.notes,
            logins=LOGINS,
            emit=self.emit,
            switch=self.switch,
            series=self.series,
            alerts=self.alerts,
            silences=self.silences,
            standings=self.standings,
            ready=self.service.ready,
            present=lambda: present_of(self.registry),
            log=self.log,
            journal=self.journal,
            people=self.people,
            dashboards=DASHBOARDS,
            worker=self.worker,
        )

    @cached_property
    def app(self) -> Application:
        return Application(self.service, console_routers(self.given))

    def person(self) -> Person:
        return Person(Client(self.app))


@dataclass
class Person:
    """Keeps cookies as a browser does, and fills in forms."""

    client: Client
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: Any) -> Reply:
        path, _, query = path.partition("?")
        return self._kept(
            await self.client.call("GET", path, query=query, cookie=self.cookie, **headers)
        )

    async def post(self, path: str, form: dict[str, Any], **headers: Any) -> Reply:
        """Send a form as a page of the console would."""
        body = urlencode(form, doseq=True).encode()
        given = {
            "origin": f"http://{HOST}",
            "content_length": str(len(body)),
            "content_type": "application/x-www-form-urlencoded",
            "cookie": self.cookie,
        }
        sent: dict[str, Any] = {n: v for n, v in {**given, **headers}.items() if v}
        return self._kept(await self.client.call("POST", path, chunks=[body], **sent))

    async def log_in(self, password: str = PASSWORD, going: str = "/console") -> Reply:
        page = await self.get("/console/login")
        return await self.post(
            "/console/login", {"csrf": csrf_of(page), "password": password, "next": going}
        )

    async def submit(self, page: str, action: str, /, **fields: Any) -> Reply:
        """Open a page for its token, and send a form with it."""
        token = csrf_of(await self.get(page))
        return await self.post(action, {"csrf": token, **fields})

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def _kept(self, reply: Reply) -> Reply:
        for given in reply.cookies:
            for name, morsel in SimpleCookie(given).items():
                if morsel["max-age"] == "0":
                    self.cookies.pop(name, None)
                else:
                    self.cookies[name] = morsel.value
        return reply


def csrf_of(page: Reply) -> str:
    """Return the token in the first form of a page."""
    _, found, rest = page.text.partition('name="csrf" value="')
    assert found, page.text
    return rest.partition('"')[0]
