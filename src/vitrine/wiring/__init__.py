"""The only place that builds objects."""

from vitrine.wiring.application import application
from vitrine.wiring.home import analyser, importer, off_switch, open_home, rule_of
from vitrine.wiring.log import log_file_problem, standard_log
from vitrine.wiring.service import service
from vitrine.wiring.workers import Crew

__all__ = [
    "Crew",
    "analyser",
    "application",
    "importer",
    "log_file_problem",
    "off_switch",
    "open_home",
    "rule_of",
    "service",
    "standard_log",
]
