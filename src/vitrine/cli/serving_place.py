"""One process of several; `vitrine serve --workers` starts it, and nobody else.

It is called as `python -m vitrine.cli.serving_place PLACE HOME SITE`.
"""

from __future__ import annotations

import logging
import sys

from vitrine.cli.collector import collect_seldom
from vitrine.cli.failure import clear_errors
from vitrine.operations.workers.place import Place
from vitrine.operations.workers.serving import serve
from vitrine.settings import Settings
from vitrine.telemetry.logs import LibraryRecords, plain_logging
from vitrine.wiring.application import application
from vitrine.wiring.log import standard_log
from vitrine.wiring.workers import Crew


@clear_errors
def main(word: str, home: str, site: str) -> None:
    """Serve in a place until asked to stop."""
    collect_seldom()
    place = Place.read(word)
    settings = Settings.load(home=home, site=site)
    log = standard_log(settings, place.turn, place.name)
    LibraryRecords(log).install()
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        crew = Crew(place, settings)
        app = application(settings, log, crew=crew)
        serve(app, crew.own, place, plain_logging(), log.recent.close)
    finally:
        log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
