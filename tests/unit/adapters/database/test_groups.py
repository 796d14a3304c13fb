from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import chain

import pytest

from vitrine.adapters.database.groups import Groups
from vitrine.usecases.ports import StoreUnavailableError


class Disk:
    """Writes what it is handed when it is let; keeps each group."""

    def __init__(self) -> None:
        self.groups: list[list[int]] = []
        self.free = asyncio.Event()
        self.free.set()
        self.fails: Exception | None = None
        self.waits: list[float] = []

    async def write(self, items: Sequence[int]) -> Sequence[int | Exception]:
        self.groups.append(list(items))
        await self.free.wait()
        if self.fails is not None:
            raise self.fails
        return [ValueError("odd") if item % 2 else 10 * item for item in items]


def commits(disk: Disk, *, most: int = 100, group: int = 10) -> Groups[int, int]:
    return Groups(disk.write, most=most, group=group, waited=disk.waits.append)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_lone_item_waits_for_nobody() -> None:
    disk = Disk()
    assert await commits(disk).submit(2) == 20
    assert disk.groups == [[2]]


async def test_what_gathers_during_a_write_is_the_next_group() -> None:
    disk = Disk()
    disk.free.clear()
    grouped = commits(disk, group=3)
    first = asyncio.create_task(grouped.submit(0))
    await settle()
    others = [asyncio.create_task(grouped.submit(2 * n)) for n in range(1, 6)]
    await settle()
    disk.free.set()
    assert await asyncio.gather(first, *others) == [0, 20, 40, 60, 80, 100]
    assert disk.groups == [[0], [2, 4, 6], [8, 10]]


async def test_a_bad_item_fails_alone() -> None:
    disk = Disk()
    grouped = commits(disk)
    answers = await asyncio.gather(*map(grouped.submit, (2, 3, 4)), return_exceptions=True)
    assert answers[0] == 20
    assert isinstance(answers[1], ValueError)
    assert answers[2] == 40
    assert disk.groups == [[2, 3, 4]]


async def test_a_write_that_fails_is_told_to_all_and_the_next_group_is_written() -> None:
    disk = Disk()
    grouped = commits(disk)
    disk.fails = StoreUnavailableError("full")
    answers = await asyncio.gather(grouped.submit(2), grouped.submit(4), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["full", "full"]
    disk.fails = None
    assert await grouped.submit(6) == 60


async def test_over_capacity_is_refused_at_once() -> None:
    disk = Disk()
    disk.free.clear()
    grouped = commits(disk, most=2, group=1)
    being_written = asyncio.create_task(grouped.submit(0))
    await settle()
    waiting = [asyncio.create_task(grouped.submit(2)), asyncio.create_task(grouped.submit(4))]
    await settle()
    with pytest.raises(StoreUnavailableError, match="over_capacity"):
        await grouped.submit(6)
    disk.free.set()
    assert await asyncio.gather(being_written, *waiting) == [0, 20, 40]


async def test_who_leaves_early_does_not_hurt_the_others_and_is_stored_all_the_same() -> None:
    disk = Disk()
    disk.free.clear()
    grouped = commits(disk)
    leaving, staying = (asyncio.create_task(grouped.submit(item)) for item in (2, 4))
    await settle()
    leaving.cancel()
    await settle()
    disk.free.set()
    assert await staying == 40
    assert disk.groups == [[2, 4]]


async def test_draining_waits_for_everything_that_was_taken() -> None:
    disk = Disk()
    disk.free.clear()
    grouped = commits(disk, group=1)
    submitted = [asyncio.create_task(grouped.submit(item)) for item in (2, 4, 6)]
    await settle()
    draining = asyncio.create_task(grouped.drain())
    await settle()
    assert not draining.done()
    disk.free.set()
    await draining
    assert disk.groups == [[2], [4], [6]]
    assert await asyncio.gather(*submitted) == [20, 40, 60]
    await grouped.drain()


async def test_several_groups_are_under_way_at_once_where_that_is_allowed_and_whole_ones_wait() -> (
    None
):
    begun: list[Sequence[int]] = []
    go_on = asyncio.Event()

    async def work(items: Sequence[int]) -> Sequence[int | Exception]:
        begun.append(items)
        await go_on.wait()
        return items

    groups: Groups[int, int] = Groups(work, most=100, group=3, at_once=2)
    waiting = [asyncio.create_task(groups.submit(0))]
    await settle()
    waiting += [asyncio.create_task(groups.submit(number)) for number in (1, 2)]
    await settle()
    assert begun == [[0]]
    waiting += [asyncio.create_task(groups.submit(number)) for number in (3, 4)]
    await settle()
    assert begun == [[0], [1, 2, 3]]
    go_on.set()
    assert await asyncio.gather(*waiting) == [0, 1, 2, 3, 4]
    assert await groups.submit(5) == 5
    await groups.drain()


async def test_nobody_waits_behind_a_group_that_is_stuck() -> None:
    begun: list[Sequence[int]] = []
    go_on = asyncio.Event()

    async def work(items: Sequence[int]) -> Sequence[int | Exception]:
        begun.append(items)
        if 0 in items:
            await go_on.wait()
        return items

    groups: Groups[int, int] = Groups(work, most=100, group=10, at_once=2, stuck_after_s=0.001)
    stuck = asyncio.create_task(groups.submit(0))
    await settle()
    # Those who wait already are taken when it turns out to be stuck, later ones at once.
    assert await asyncio.gather(*map(groups.submit, (1, 2))) == [1, 2]
    assert await groups.submit(3) == 3
    assert begun == [[0], [1, 2], [3]]
    go_on.set()
    assert await stuck == 0
    await groups.drain()


async def test_no_more_groups_are_begun_than_allowed_however_many_are_stuck() -> None:
    disk = Disk()
    disk.free.clear()
    groups: Groups[int, int] = Groups(
        disk.write, most=100, group=10, at_once=2, stuck_after_s=0.001
    )
    waiting = []
    for item in (0, 2):
        waiting.append(asyncio.create_task(groups.submit(item)))
        while item not in chain(*disk.groups):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.001)
    waiting += [asyncio.create_task(groups.submit(item)) for item in (4, 6)]
    await asyncio.sleep(0.005)
    assert disk.groups == [[0], [2]]
    disk.free.set()
    assert await asyncio.gather(*waiting) == [0, 20, 40, 60]
    assert disk.groups == [[0], [2], [4, 6]]


async def test_where_it_is_forsaken_what_nobody_waits_for_is_left_out_and_takes_no_place() -> None:
    disk = Disk()
    disk.free.clear()
    groups: Groups[int, int] = Groups(disk.write, most=1, group=10, forsake=True)
    first = asyncio.create_task(groups.submit(0))
    await settle()
    leaving = asyncio.create_task(groups.submit(2))
    await settle()
    leaving.cancel()
    await settle()
    staying = asyncio.create_task(groups.submit(4))
    await settle()
    disk.free.set()
    assert (await first, await staying) == (0, 40)
    assert disk.groups == [[0], [4]]
