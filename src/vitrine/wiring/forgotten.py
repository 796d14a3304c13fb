"""Those who were erased stay erased, whichever backup is restored."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import text

from vitrine.adapters.forgotten_file import NAME, mark_of, read, write
from vitrine.settings import SQLITE, Settings, SettingsError
from vitrine.wiring.home import open_home

_VISITORS = text("SELECT DISTINCT visitor FROM visits")


async def forget_again(
    made: Path, lists: Iterable[Path], since_ms: int, postgres: str | None = None
) -> int:
    """Erase in a home that was just restored who was erased since its backup was made.

    Its visitors are in `postgres`, if that is given. `lists` are those of other homes; the
    restored one takes them over. Returns how many visitors that were. Raises `SettingsError`
    where the key is missing that tells who they are.
    """
    own = read(made / NAME)
    known = own.union(*map(read, lists))
    if known > own:
        write(made / NAME, sorted(known - own))
    marks = {one.mark for one in known if one.at_ms >= since_ms}
    if not marks:
        return 0
    settings = Settings.load(
        home=made,
        site=str(made / "site.yaml"),
        database_url=SecretStr(postgres or f"{SQLITE}{made / 'vitrine.db'}"),
    )
    if settings.secret is None and settings.known_secret("secret") is None:
        raise SettingsError(
            "VITRINE_SECRET: the backup holds no key; set the one that it was made with,"
            " so that those who were erased since are erased again"
        )
    home = open_home(settings, create=False)
    try:
        visitors = await home.database.read(lambda c: c.execute(_VISITORS).scalars().all())
        again = [visitor for visitor in visitors if mark_of(visitor, home.key) in marks]
        for visitor in again:
            await home.store.forget(visitor)
        return len(again)
    finally:
        await home.close()
