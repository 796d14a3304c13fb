from __future__ import annotations

from dataclasses import replace

import pytest

from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.alerts.service import TARGET_DOWN
from vitrine.catalogue.drill import Drill, Killed
from vitrine.catalogue.drills import DRILLS, drills_of


def test_every_alert_has_a_drill_that_raises_it() -> None:
    for alert in ALERTS:
        assert drills_of(alert)


def test_an_alert_without_a_drill_is_refused() -> None:
    with pytest.raises(LookupError, match="Undrilled: no drill raises it"):
        drills_of(replace(TARGET_DOWN, name="Undrilled"))


def test_drills_raise_nothing_but_declared_alerts_and_have_names_of_their_own() -> None:
    names = {alert.name for alert in ALERTS}
    for drill in DRILLS:
        assert set(drill.raises) <= names
    assert len({drill.name for drill in DRILLS}) == len(DRILLS)


@pytest.mark.parametrize(("name", "raises"), [("Not Kebab", ("TargetDown",)), ("quiet", ())])
def test_a_drill_that_could_prove_nothing_is_refused(name: str, raises: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="name"):
        Drill(name, "nothing", Killed("service"), raises)
