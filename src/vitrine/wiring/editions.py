"""The portfolio in its languages, where it is the home's site."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vitrine.adapters.site_file import find_site
from vitrine.domain.site import Site
from vitrine.pages.content import Edition, editions
from vitrine.wiring.home import Home

PORTFOLIO = "portfolio"


def editions_of(home: Home) -> Mapping[str, Edition]:
    """Return the portfolio in its languages where the home serves it, else nothing."""
    shipped = find_site(PORTFOLIO)
    return editions(home.site) if find_site(home.settings.site).samefile(shipped) else {}


def titles_in(home: Home, portfolio: Mapping[str, Edition]) -> Callable[[str], Site]:
    """Return what gives the site with its titles in a language."""

    def titled(language: str) -> Site:
        edition = portfolio.get(language)
        return home.site if edition is None else edition.site

    return titled
