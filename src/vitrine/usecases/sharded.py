"""An analysis in parts, one for each shard of the visitors, that any process may make."""

from __future__ import annotations

import json
from collections.abc import Sequence

from vitrine.domain.site import Site
from vitrine.usecases.analyse import Analyse, Analysis, Part, UseTable
from vitrine.usecases.ports import Notes

DIGITS = 4


def shards(number: int) -> Sequence[tuple[str, str | None]]:
    """Return so many ranges of pseudonyms, as (first, until); each has about as many visitors.

    Pseudonyms are hexadecimal and evenly spread, by the hash that makes them.
    """
    edges = [f"{place * 16**DIGITS // number:0{DIGITS}x}" for place in range(1, number)]
    return list(zip(["", *edges], [*edges, None], strict=True))


class ShardedAnalysis:
    """Makes parts of a run, each kept as a note; who makes the last one concludes."""

    def __init__(self, site: Site, analyse: Analyse, notes: Notes, number: int) -> None:
        self._site = site
        self._analyse = analyse
        self._notes = notes
        self._shards = shards(number)

    def __len__(self) -> int:
        return len(self._shards)

    async def __call__(self, run_ms: int, shard: int) -> Analysis | None:
        """Make one part of the run of a time; return the analysis where that concludes it.

        A part may be made again: the same rules come of it. Raises `StoreUnavailableError`.
        """
        first, until = self._shards[shard]
        part = await self._analyse.part(run_ms, first, until)
        await self._notes.put(_name(shard), _dump(run_ms, part))
        parts = [
            _load(run_ms, await self._notes.get(_name(number)), self._site)
            for number in range(len(self))
        ]
        done = [part for part in parts if part is not None]
        return await self._analyse.conclude(done) if len(done) == len(self) else None


def _name(shard: int) -> str:
    return f"analysis:{shard}"


def _dump(run_ms: int, part: Part) -> bytes:
    kept = {"run": run_ms, "bots": part.bots, "reassessed": part.reassessed}
    return json.dumps({**kept, "table": part.table.dump().decode()}).encode()


def _load(run_ms: int, stored: bytes | None, site: Site) -> Part | None:
    """Return a part of this run; `None` where it is not made yet, or not of this run."""
    kept = json.loads(stored or b"{}")
    if kept.get("run") != run_ms:
        return None
    table = UseTable.load(kept["table"].encode(), site)
    return Part(table, int(kept["bots"]), int(kept["reassessed"]))
