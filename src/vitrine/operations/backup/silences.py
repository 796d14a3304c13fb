"""Silences of an Alertmanager: those that are not over, kept as it gives them and put back."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from vitrine.adapters.alertmanager_api import AlertmanagerApi

ASKED = ("matchers", "startsAt", "endsAt", "createdBy", "comment")
"""What a silence is; id and state are given by the Alertmanager that keeps it."""


class PutBack(NamedTuple):
    """How many silences were put back, were known there already, and are over meanwhile."""

    put: int
    known: int
    over: int

    def __str__(self) -> str:
        return f"{self.put} put back, {self.known} known there already, {self.over} over meanwhile"


def lasting(alertmanager: AlertmanagerApi) -> list[dict[str, Any]]:
    """Return the silences that are active or still to begin; raises `ApiError`."""
    found = alertmanager.silences()
    return [one for one in found if one.get("status", {}).get("state") != "expired"]


def put_back(file: Path, alertmanager: AlertmanagerApi) -> PutBack:
    """Have an Alertmanager keep the silences of a file; raises `ApiError`.

    One that it knows is left as it is, also where somebody has ended it early.
    """
    wanted = json.loads(file.read_bytes())
    there = alertmanager.silences()
    ids, same = {one.get("id") for one in there}, [_essence(one) for one in there]
    now = datetime.now(UTC)
    new = [one for one in wanted if one["id"] not in ids and _essence(one) not in same]
    open_ = [one for one in new if datetime.fromisoformat(one["endsAt"]) > now]
    for one in open_:
        alertmanager.silence({name: one[name] for name in ASKED})
    return PutBack(len(open_), len(wanted) - len(new), len(new) - len(open_))


def _essence(silence: dict[str, Any]) -> Iterable[Any]:
    """Return by what two silences are the same one, whose ids differ."""
    matchers = sorted(json.dumps(one, sort_keys=True) for one in silence["matchers"])
    return matchers, silence["endsAt"], silence["createdBy"], silence["comment"]
