"""A report by mail: readable text, the same as HTML, and the file with its plots attached.

Readers of mail show no SVG, so that the HTML in the message goes without.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage

from vitrine.domain.failure import Failure
from vitrine.monitoring.alertmanager import LOOPBACK, Email
from vitrine.operations.report.making import make
from vitrine.operations.report.page import page
from vitrine.operations.report.section import Report
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.terminal import as_text

WITHIN_S = 30.0
TLS_FROM_THE_START = 465


class NotMailedError(Failure):
    """The mail server did not take the report; the message says which, and why."""


@dataclass(frozen=True, slots=True)
class Post:
    """The server that takes mail, who is written to, and the password where there is one."""

    email: Email
    password: str = field(default="", repr=False)


def mail_report(subject: Subject, post: Post) -> Report:
    """Make the report of a subject's period, mail it, and return it.

    Raises `NoPrometheusError` where nothing can be made, `NotMailedError` where it is not taken.
    """
    report = make(subject)
    send(report, post)
    return report


def send(report: Report, post: Post) -> None:
    """Mail a report; raises `NotMailedError`.

    TLS is required unless the server is this machine, as it is for alerts.
    """
    email = post.email
    secure = ssl.create_default_context()
    try:
        with _connection(email, secure) as server:
            if email.port != TLS_FROM_THE_START and email.host not in LOOPBACK:
                server.starttls(context=secure)
            if email.user:
                server.login(email.user, post.password)
            server.send_message(message(report, email))
    except (OSError, smtplib.SMTPException) as problem:
        said = " ".join(str(problem).split()) or type(problem).__name__
        raise NotMailedError(
            f"{email.host}:{email.port} did not take the report: {said}; see SMTP_HOST, SMTP_PORT"
        ) from None


def message(report: Report, email: Email) -> EmailMessage:
    """Return the mail."""
    span, count = report.span, len(report.out_of_order)
    mail = EmailMessage()
    mail["Subject"] = f"Vitrine, {span.period} report: {_in_short(count)}"
    mail["From"], mail["To"] = email.sender, email.to
    mail.set_content(as_text(report))
    mail.add_alternative(page(report, plots=False), subtype="html")
    name = f"vitrine-{span.period}-{span.date}.html"
    mail.add_attachment(page(report), subtype="html", filename=name)
    return mail


def _in_short(count: int) -> str:
    if not count:
        return "everything is in order"
    return "1 thing is out of order" if count == 1 else f"{count} things are out of order"


def _connection(email: Email, secure: ssl.SSLContext) -> smtplib.SMTP:
    if email.port == TLS_FROM_THE_START:
        return smtplib.SMTP_SSL(email.host, email.port, timeout=WITHIN_S, context=secure)
    return smtplib.SMTP(email.host, email.port, timeout=WITHIN_S)
