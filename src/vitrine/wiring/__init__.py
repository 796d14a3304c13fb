"""The only place that builds objects."""

from vitrine.wiring.application import application, standard_log
from vitrine.wiring.home import analyser, importer, off_switch, open_home, rule_of
from vitrine.wiring.service import service

__all__ = [
    "analyser",
    "application",
    "importer",
    "off_switch",
    "open_home",
    "rule_of",
    "service",
    "standard_log",
]
