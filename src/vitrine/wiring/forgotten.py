"""Those who were erased stay erased, whichever backup is restored."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from vitrine.adapters.forgotten_file import NAME, Forgetting, demanded, mark_of, read, write
from vitrine.settings import SQLITE, Settings, SettingsError
from vitrine.wiring.home import open_home

_VISITORS = text("SELECT DISTINCT visitor FROM visits")

Lists = Mapping[Path, Collection[Forgetting]]


def lists_of(home: Path, named: Iterable[Path]) -> Lists:
    """Return the lists of a home, where it has one, and those that were named, by their paths.

    Raises `NoListError` where one of them says nothing: it is not the list that was meant. That
    of the home may be empty, as whoever makes it leaves it when dying before the first entry.
    """
    own = home / NAME
    lists = {path: demanded(path) for path in named}
    if not own.exists() or own in lists:
        return lists
    return {own: demanded(own) if own.stat().st_size else frozenset(), **lists}


class Replay:
    """Erases in a home that is being restored who was erased since its backup was begun.

    The home `made` takes `lists` over. Its visitors are in `postgres`, if that is given. Raises
    `SettingsError` where the key is missing that tells who they are.
    """

    def __init__(
        self, made: Path, lists: Lists, since_ms: int, postgres: str | None = None
    ) -> None:
        self.own = read(made / NAME)
        """The entries that the backup has itself."""
        known = self.own.union(*lists.values())
        if known > self.own:
            write(made / NAME, sorted(known - self.own))
        self._marks = {one.mark for one in known if one.at_ms >= since_ms}
        self._settings = Settings.load(
            home=made,
            site=str(made / "site.yaml"),
            database_url=SecretStr(postgres or f"{SQLITE}{made / 'vitrine.db'}"),
        )
        if self._marks and not self._keys():
            raise SettingsError(
                "VITRINE_SECRET: the backup holds no key; set the one that it was made with,"
                " so that those who were erased since are erased again"
            )

    def __call__(self) -> int:
        """Erase them, and return how many that were."""
        return asyncio.run(self._erase()) if self._marks else 0

    async def _erase(self) -> int:
        home = open_home(self._settings, create=False)
        try:
            visitors = await home.database.read(lambda c: c.execute(_VISITORS).scalars().all())
            keys = self._keys()
            again = [
                visitor
                for visitor in visitors
                if any(mark_of(visitor, key) in self._marks for key in keys)
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
