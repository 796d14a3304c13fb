from __future__ import annotations

import asyncio

import pytest

from vitrine.signals import DutyFailed, Signal, StoreAnswered, StoreFailed
from vitrine.usecases.background import Background, Duty
from vitrine.usecases.ports import StoreUnavailableError


async def test_duties_are_done_again_and_again_until_they_are_stopped() -> None:
    done = 0
    enough = asyncio.Event()

    async def work() -> None:
        nonlocal done
        done += 1
        if done == 3:
            enough.set()

    background = Background((Duty("count", 0, work),), lambda _: None)
    background.start()
    async with asyncio.timeout(60):
        await enough.wait()
    await background.stop()
    then = done
    for _ in range(5):
        await asyncio.sleep(0)
    assert done == then


async def test_the_first_time_may_come_sooner_than_the_interval() -> None:
    done = asyncio.Event()

    async def work() -> None:
        done.set()

    background = Background((Duty("judge", 3_600, work, first_s=0),), lambda _: None)
    background.start()
    async with asyncio.timeout(60):
        await done.wait()
    await background.stop()


async def test_a_failing_store_is_announced_and_tried_again_and_others_go_on() -> None:
    heard: list[Signal] = []
    tried = 0
    recovered, other = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise StoreUnavailableError("OperationalError")
        recovered.set()

    async def beside() -> None:
        other.set()

    background = Background((Duty("analyse", 0, work), Duty("switch", 0, beside)), heard.append)
    background.start()
    async with asyncio.timeout(60):
        await asyncio.gather(recovered.wait(), other.wait())
    await background.stop()
    failed, answered = heard
    assert failed == StoreFailed("analyse", "OperationalError")
    assert isinstance(answered, StoreAnswered)
    assert answered.operation == "analyse"


async def test_a_duty_that_breaks_is_announced_and_done_again() -> None:
    heard: list[Signal] = []
    tried = 0
    again = asyncio.Event()

    async def work() -> None:
        nonlocal tried
        tried += 1
        if tried == 1:
            raise ZeroDivisionError("ours")
        again.set()

    background = Background((Duty("analyse", 0, work),), heard.append)
    background.start()
    async with asyncio.timeout(60):
        await again.wait()
    await background.stop()
    assert heard == [DutyFailed("analyse", "ZeroDivisionError('ours')")]


async def test_stopping_ends_a_duty_in_the_middle() -> None:
    begun = asyncio.Event()
    ended = False

    async def work() -> None:
        nonlocal ended
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended = True

    background = Background((Duty("endless", 0, work),), lambda _: None)
    background.start()
    async with asyncio.timeout(60):
        await begun.wait()
        await background.stop()
    assert ended


async def test_the_first_time_is_after_one_interval() -> None:
    async def work() -> None:
        pytest.fail("too early")

    background = Background((Duty("hourly", 3_600, work),), lambda _: None)
    background.start()
    for _ in range(5):
        await asyncio.sleep(0)
    await background.stop()
