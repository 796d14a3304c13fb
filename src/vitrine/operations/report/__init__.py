"""Reports for whoever keeps the service: what happened in a period, and what to do about it.

A job that sends one by itself calls `mail_report` with a subject and a post, which
`vitrine.wiring.report` makes of the settings.
"""

from vitrine.domain.period import Period
from vitrine.operations.report.document import document
from vitrine.operations.report.mail import Post, mail_report, send
from vitrine.operations.report.making import NoPrometheusError, make
from vitrine.operations.report.page import page
from vitrine.operations.report.period import Span
from vitrine.operations.report.questions import Questions
from vitrine.operations.report.section import Report
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.terminal import as_text, show

__all__ = [
    "NoPrometheusError",
    "Period",
    "Post",
    "Questions",
    "Report",
    "Span",
    "Subject",
    "as_text",
    "document",
    "mail_report",
    "make",
    "page",
    "send",
    "show",
]
