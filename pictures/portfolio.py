"""The shipped portfolio, and the page on which a visitor sees what is known."""

from __future__ import annotations

from pathlib import Path

from pictures.studio import LAPTOP, MODELLED, PHONE, Studio


def portfolio_before(studio: Studio, path: Path) -> None:
    """As it was designed, for somebody of whom nothing is known."""
    with studio.visitor() as page:
        page.goto(studio.service.url, wait_until="networkidle")
        page.screenshot(path=path)


def portfolio_after(studio: Studio, path: Path) -> None:
    """For a machine learning engineer, with the panel that says why."""
    with studio.visitor(*MODELLED) as page:
        page.goto(studio.service.url, wait_until="networkidle")
        page.locator("#why summary").click()
        page.screenshot(path=path)


def portfolio_phone(studio: Studio, path: Path) -> None:
    """For the same engineer on a telephone in the dark."""
    with studio.visitor(
        *MODELLED, viewport=PHONE, color_scheme="dark", device_scale_factor=2
    ) as page:
        page.goto(f"{studio.service.url}/#projects", wait_until="networkidle")
        page.screenshot(path=path)


def visitor(studio: Studio, path: Path) -> None:
    """The visitor's own page."""
    with studio.visitor(*MODELLED, viewport=LAPTOP) as page:
        page.goto(f"{studio.service.url}/visitor", wait_until="networkidle")
        page.screenshot(path=path)


TAKEN = {
    "portfolio-before": portfolio_before,
    "portfolio-after": portfolio_after,
    "portfolio-phone": portfolio_phone,
    "visitor": visitor,
}
"""Each takes one picture, by its name."""
