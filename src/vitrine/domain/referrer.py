"""Where a visit came from, in words few enough to reason about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

DIRECT = "direct"
INTERNAL = "internal"
OTHER = "other"

HOSTS: Mapping[str, str] = {
    "google": "search",
    "bing.com": "search",
    "duckduckgo.com": "search",
    "yahoo": "search",
    "yandex": "search",
    "baidu.com": "search",
    "ecosia.org": "search",
    "search.brave.com": "search",
    "startpage.com": "search",
    "qwant.com": "search",
    "github.com": "developer",
    "gitlab.com": "developer",
    "stackoverflow.com": "developer",
    "stackexchange.com": "developer",
    "news.ycombinator.com": "developer",
    "dev.to": "developer",
    "huggingface.co": "research",
    "arxiv.org": "research",
    "kaggle.com": "research",
    "paperswithcode.com": "research",
    "scholar.google": "research",
    "linkedin.com": "professional",
    "xing.com": "professional",
    "indeed.com": "professional",
    "glassdoor.com": "professional",
    "wellfound.com": "professional",
    "coursera.org": "education",
    "edx.org": "education",
    "moodle": "education",
    "edu": "education",
    "twitter.com": "social",
    "x.com": "social",
    "t.co": "social",
    "facebook.com": "social",
    "reddit.com": "social",
    "instagram.com": "social",
    "youtube.com": "social",
    "bsky.app": "social",
    "mail.google.com": "email",
    "outlook.live.com": "email",
}
"""A name of a host, or a part of it between dots, to its class. The longest match wins."""

CLASSES = (DIRECT, INTERNAL, OTHER, *sorted(set(HOSTS.values())))


def referrer_class(
    referrer: str, own_hosts: Collection[str] = (), more: Mapping[str, str] | None = None
) -> str:
    """Return the class of the page that led here; empty is `direct`, unreadable is `other`."""
    if not referrer or referrer == "-":
        return DIRECT
    try:
        host = (urlsplit(referrer).hostname or "").removeprefix("www.")
    except ValueError:
        return OTHER
    if not host:
        return OTHER
    if host in own_hosts or f"www.{host}" in own_hosts:
        return INTERNAL
    labels = f".{host}."
    best, found = 0, OTHER
    for table in (HOSTS, more or {}):
        for name, kind in table.items():
            if len(name) >= best and f".{name}." in labels:
                best, found = len(name), kind
    return found
