"""Those who were erased stay erased, whichever backup is restored."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from vitrine.adapters.forgotten_file import (
    NAME,
    Forgetting,
    NoListError,
    demanded,
    mark_of,
    read,
    write,
)
from vitrine.adapters.forgotten_notes import ForgottenNotes
from vitrine.settings import SQLITE, Settings, SettingsError
from vitrine.wiring.home import open_home

_VISITORS = text("SELECT DISTINCT visitor FROM visits")

Lists = Mapping[str, Collection[Forgetting]]


def lists_of(home: Path, named: Iterable[Path], before: str | None = None) -> Lists:
    """Return the lists of a home, where it has one, and those that were named, by their places.

    `before` is the address of a PostgreSQL that has one. Raises `NoListError` where one of them
    says nothing: it is not the list that was meant. That of the home may be empty, as whoever
    makes it leaves it when dying before the first entry, and that of a database, where nobody
    was erased.
    """
    own = home / NAME
    lists: dict[str, Collection[Forgetting]] = {}
    if own.exists():
        lists[str(own)] = demanded(own) if own.stat().st_size else frozenset()
    lists.update((str(path), demanded(path)) for path in named)
    if before is not None:
        from vitrine.adapters.database.postgres.address import Address
        from vitrine.adapters.database.postgres.copy import forgotten_in

        place, found = Address.read(before).place, forgotten_in(before)
        if found is None:
            raise NoListError(f"{place} is no database of Vitrine: it has no list")
        lists[place] = found
    return lists


class Replay:
    """Erases in a home that is being restored who was erased since its backup was begun.

    The home `made` takes `lists` over, and so does `postgres`, in which its visitors are if it
    is given. Raises `SettingsError` where the key is missing that tells who they are.
    """

    def __init__(
        self, made: Path, lists: Lists, since_ms: int, postgres: str | None = None
    ) -> None:
        self.own = read(made / NAME)
        """The entries that the backup has itself."""
        known = self.own.union(*lists.values())
        if known > self.own:
            write(made / NAME, known - self.own)
        self._since = sorted(one for one in known if one.at_ms >= since_ms)
        self._settings = Settings.load(
            home=made,
            site=str(made / "site.yaml"),
            database_url=SecretStr(postgres or f"{SQLITE}{made / 'vitrine.db'}"),
        )
        if self._since and not self._keys():
            raise SettingsError(
                "VITRINE_SECRET: the backup holds no key; set the one that it was made with,"
                " so that those who were erased since are erased again"
            )

    def __call__(self) -> int:
        """Erase them, and return how many that were."""
        return asyncio.run(self._erase()) if self._since else 0

    async def _erase(self) -> int:
        home = open_home(self._settings, create=False)
        try:
            if not home.database.sole:
                for entry in self._since:
                    await ForgottenNotes(home.notes).add(entry)
            visitors = await home.database.read(lambda c: c.execute(_VISITORS).scalars().all())
            keys, marks = self._keys(), {entry.mark for entry in self._since}
            again = [
                visitor
                for visitor in visitors
                if any(mark_of(visitor, key) in marks for key in keys)
            ]
            for visitor in again:
                await home.store.forget(visitor)
            return len(again)
        finally:
            await home.close()

    def _keys(self) -> set[bytes]:
        """Return the key that is set and the one in the backup: either may be the visitors'."""
        given = self._settings.secret
        keys = (given.get_secret_value() if given else None, self._settings.known_secret("secret"))
        return {key.encode() for key in keys if key}
