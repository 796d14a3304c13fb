"""The reports of a home that come by themselves; without any, nothing of them is loaded."""

from __future__ import annotations

import asyncio

from vitrine.domain.period import Period
from vitrine.settings import SettingsError
from vitrine.signals import Emit
from vitrine.usecases.reports import Reports
from vitrine.wiring.home import Home


def reports_of(home: Home, emit: Emit) -> Reports | None:
    """Return what mails the reports that the settings ask for; `None` where they ask for none.

    Raises `SettingsError` where nobody is named to mail them to.
    """
    settings = home.settings
    if not settings.reports:
        return None
    if settings.alert_email_to is None:
        raise SettingsError("VITRINE_REPORTS: nobody is named to mail them to: set ALERT_EMAIL_TO")
    from vitrine.operations.report import mail_report
    from vitrine.wiring.report import post_of, subject_of

    post = post_of(settings)

    async def mail(period: Period) -> None:
        await asyncio.to_thread(mail_report, subject_of(settings, period), post)

    return Reports(settings.reports, mail, home.notes, emit)
