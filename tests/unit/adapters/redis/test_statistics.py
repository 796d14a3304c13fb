"""What is made of a Redis' INFO."""

from __future__ import annotations

from vitrine.adapters.redis.statistics import statistics_of


def test_keys_are_those_of_all_databases_and_their_time_is_weighed_by_how_many_expire() -> None:
    said = statistics_of(
        {
            "used_memory": 9,
            "db0": {"keys": 10, "expires": 3, "avg_ttl": 60_000, "subexpiry": 0},
            "db12": {"keys": 5, "expires": 1, "avg_ttl": 20_000},
        }
    )
    assert (said.keys, said.expiring, said.ttl_s) == (15, 4, 50.0)


def test_an_empty_one_has_no_databases_and_no_time() -> None:
    said = statistics_of({"used_memory": 9})
    assert (said.memory_bytes, said.keys, said.expiring, said.ttl_s) == (9, 0, 0, 0.0)
