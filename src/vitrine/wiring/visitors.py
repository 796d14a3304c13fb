"""Who a visitor is in a home, and the desk where visitors ask about themselves."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from vitrine.adapters.database.database import Database
from vitrine.adapters.database.log_keys import SqlLogKeys
from vitrine.adapters.file_search import holds
from vitrine.adapters.forgotten_file import Forgetting, ForgottenFile, mark_of
from vitrine.adapters.forgotten_notes import ForgottenNotes
from vitrine.adapters.limits import MemoryLimits
from vitrine.adapters.log_traces import LogTraces
from vitrine.adapters.site_file import find_site, load_site
from vitrine.catalogue.limits import NETWORK_QUESTIONS, TOKEN_REQUESTS
from vitrine.domain.pseudonym import Pseudonyms, is_pseudonym
from vitrine.domain.site import Site
from vitrine.settings import Settings, SettingsError
from vitrine.signals import Emit
from vitrine.telemetry.logs.files import FILE_NAME
from vitrine.usecases.analyse import load_rules
from vitrine.usecases.desk import Desk
from vitrine.usecases.explain import explain_visit
from vitrine.usecases.export import Export
from vitrine.usecases.expose import Exposures
from vitrine.usecases.forget import Forget
from vitrine.usecases.identify import DaySalt, Identify, meant_by
from vitrine.usecases.log_pseudonyms import LogPseudonyms
from vitrine.usecases.opt_out import OptOuts
from vitrine.usecases.personalize import Rules
from vitrine.usecases.ports import Forgotten, Limits, StoreUnavailableError
from vitrine.usecases.proof import Proofs
from vitrine.wiring.database import database_as_it_is, place_of
from vitrine.wiring.editions import editions_of, titles_in
from vitrine.wiring.home import Home, now_ms, nowhere, open_home
from vitrine.wiring.limits import allowance, events_of


class Visitors:
    """What tells visitors apart, and what knows who wants to be left alone."""

    def __init__(self, home: Home) -> None:
        networks = home.settings.owner_addresses
        self._home = home
        self.salt = DaySalt(home.notes)
        self.proofs = proofs_of(home.settings, home.key)
        self.opt_outs = OptOuts(home.notes, now_ms)
        self.log_pseudonyms = log_pseudonyms_of(home.settings, home.database)
        self.identify = Identify(
            home.pseudonyms,
            self.salt,
            self.proofs,
            claims=home.settings.unsigned_ids == "taken",
            opted_out=self.opt_outs,
            owner_ids=frozenset(home.settings.owner_ids),
            owner_addresses=lambda address: (
                bool(networks) and any(ip_address(address) in network for network in networks)
            ),
        )

    async def new_day(self) -> None:
        """Replace the salt where its day is over, and forget whom that ends."""
        await self.salt.of(now_ms())
        await self.opt_outs.expire()

    def meant_by(self, who: str) -> list[str]:
        """Return the pseudonyms that an owner may mean by an id, an account or one itself."""
        return meant_by(who, self._home.pseudonyms, self.proofs)

    async def explain(self, who: str) -> dict[str, Any] | None:
        """Return what a visitor is taken for and why; `None` for an unknown one."""
        for visitor in self.meant_by(who):
            visit = await self._home.store.latest(visitor)
            if visit is not None:
                return explain_visit(visit, self._home.evidence, self._home.site)
        return None

    async def export(self, export: Export, who: str, language: str) -> dict[str, Any] | None:
        """Return all that is kept of a visitor; `None` for an unknown one."""
        for visitor in self.meant_by(who):
            found = await export(visitor, language)
            if found["visits"] or found["off"]:
                return found
        return None

    async def forget(self, forget: Forget, who: str) -> Forgotten:
        """Erase all that is kept of a visitor."""
        erased = [await forget(visitor) for visitor in self.meant_by(who)]
        return Forgotten(*map(sum, zip(*erased, strict=True)))

    def desk(self, export: Export, forget: Forget, emit: Emit) -> Desk:
        """Return where visitors ask about themselves."""
        settings = self._home.settings
        return Desk(
            identify=self.identify,
            proofs=self.proofs,
            export=export,
            forget=forget,
            opt_outs=self.opt_outs,
            questions=allowance(settings, NETWORK_QUESTIONS, emit),
            requests=allowance(settings, TOKEN_REQUESTS, emit),
            clock=now_ms,
        )

    def exporting(self, rules: Callable[[], Rules], sites: Callable[[str], Site]) -> Export:
        """Return what puts all that is kept of a visitor into words."""
        return Export(
            store=self._home.store,
            evidence=self._home.evidence,
            sites=sites,
            rules=rules,
            opted_out=self.opt_outs,
        )

    def forgetting(
        self,
        exposures: Exposures,
        limits: Limits,
        emit: Emit,
        at_hand: Callable[[str], None] = lambda _visitor: None,
    ) -> Forget:
        """Return what erases a visitor; `at_hand` does so in the lines that the log keeps."""
        home = self._home
        lines = LogTraces(lambda: log_files(home.settings), at_hand, self.log_pseudonyms.all_of)
        return Forget(
            store=home.store,
            exposures=exposures,
            limits=limits,
            remember=remembering(home),
            erase_lines=lines.erase,
            emit=emit,
        )


def remembering(home: Home) -> Callable[[str], Awaitable[None]]:
    """Return what notes that a visitor is to be gone from now on.

    It stands in the home, which may outlive the database, and in one that others share, which
    may outlive the home. Raises `StoreUnavailableError` where it does not stand in each.
    """
    lists = [ForgottenFile(home.settings.home).add]
    if not home.database.sole:
        lists.append(ForgottenNotes(home.notes).add)

    async def remember(visitor: str) -> None:
        entry = Forgetting(now_ms(), mark_of(visitor, home.key))
        for add in lists:
            await add(entry)

    return remember


def proofs_of(settings: Settings, key: bytes) -> Proofs:
    """Return what tells signed ids from claims in a home with this key."""
    return Proofs(key, now_ms, settings.keys_of_accounts)


def log_pseudonyms_of(settings: Settings, database: Database) -> LogPseudonyms:
    """Return what stands for visitors in the log of those who share a database."""
    return LogPseudonyms(SqlLogKeys(database), settings.log_key_days, now_ms)


async def names_in_log(settings: Settings, who: str) -> list[str]:
    """Return all that may stand for somebody in a home's log, as long as its keys are kept.

    That is who was given as well, which may come from a line. Raises `SettingsError` where an
    id is given, and there is no key or no database with the keys of weeks to find out with.
    """
    meant = _pseudonyms_of(settings, who)
    try:
        return [*meant, *await _kept_names(settings, meant)]
    except StoreUnavailableError as problem:
        if who in meant:
            return [who]
        where = place_of(settings) if settings.postgres_url else settings.database_path
        raise SettingsError(
            f"{where}: cannot be read ({problem}), and has the keys to find a visitor's"
            " lines with; name the home with --home, or give the user_id of a line"
        ) from None


async def _kept_names(settings: Settings, meant: list[str]) -> list[str]:
    """Return what stood for visitors in each week whose key is kept; nothing is migrated."""
    if settings.postgres_url is None and not os.access(settings.database_path, os.R_OK):
        raise StoreUnavailableError("no such file, or not for you")
    database = database_as_it_is(settings)
    try:
        in_log = log_pseudonyms_of(settings, database)
        return [name for one in meant for name in await in_log.all_of(one)]
    finally:
        await database.close()


def _pseudonyms_of(settings: Settings, who: str) -> list[str]:
    """Return the pseudonyms that somebody may mean; the database stays closed."""
    given = settings.secret
    key = given.get_secret_value() if given else settings.known_secret("secret")
    if key is None:
        if is_pseudonym(who):
            return [who]
        raise SettingsError(
            f"{settings.home / 'secret'}: there is no key to find a visitor's id with;"
            " name the home with --home, or give the pseudonym"
        )
    site = load_site(find_site(settings.site))
    pseudonyms = Pseudonyms(key.encode(), site.id)
    return meant_by(who, pseudonyms, proofs_of(settings, key.encode()))


def log_files(settings: Settings) -> list[Path]:
    """Return the files of the log that a service on this home has written."""
    found = list((settings.home / "logs").rglob("*"))
    if settings.log_dir is not None:
        found += settings.log_dir.glob(f"{Path(FILE_NAME).stem}*")
    return sorted(file for file in found if file.is_file())


async def traces_of(settings: Settings, who: str) -> list[Path]:
    """Return the files of a home and its log that name a visitor; none does who was erased."""
    words = [one.encode() for one in await names_in_log(settings, who)]
    kept = sorted(file for file in settings.home.glob("*") if file.is_file())
    files = [*kept, *log_files(settings)]
    return [file for file in files if any(holds(file, word) for word in words)]


async def export_from(settings: Settings, who: str, language: str) -> dict[str, Any] | None:
    """Return all that a home keeps of a visitor, also while a service runs on it."""
    home = open_home(settings, create=False)
    try:
        visitors = Visitors(home)
        await visitors.opt_outs.load()
        rules = await load_rules(home.site, home.notes)
        export = visitors.exporting(lambda: rules, titles_in(home, editions_of(home)))
        return await visitors.export(export, who, home.site.language(language))
    finally:
        await home.close()


async def forget_in(settings: Settings, who: str) -> Forgotten:
    """Erase all that a home keeps of a visitor.

    No service may run on its file meanwhile; on PostgreSQL any may.
    """
    home = open_home(settings, create=False)
    try:
        visitors = Visitors(home)
        exposures = Exposures(home.store, now_ms, nowhere)
        forget = visitors.forgetting(exposures, MemoryLimits(events_of(settings)), nowhere)
        return await visitors.forget(forget, who)
    finally:
        await home.close()
