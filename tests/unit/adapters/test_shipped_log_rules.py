"""What the shipped rules make of paths as they stand in the log of semicomplete.com."""

import pytest

from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.access_log import Entry
from vitrine.domain.log_line import LineKind, LineReader

READER = LineReader(load_site(find_site("semicomplete")))


def line(target: str) -> Entry:
    path, _, query = target.partition("?")
    return Entry("192.0.2.7", 0, "GET", path, query, 200, 1, None, None)


@pytest.mark.parametrize(
    ("path", "event"),
    [
        ("/", "section_view section_id=home"),
        ("/?page=2", "section_view section_id=home"),
        ("/blog", "section_view section_id=blog"),
        ("/blog/2007/Jan/31", "section_view section_id=blog"),
        ("/resume.xml", "download_resume"),
        ("/about/", "section_view section_id=about"),
        ("/projects/xdotool/", "project_click project_id=xdotool"),
        ("/projects/xdotool", "project_click project_id=xdotool"),
        ("/projects/xdotool/xdotool.xhtml", "deep_read project_id=xdotool"),
        ("/files/xdotool/docs/html/xdo_8h.html", "deep_read project_id=xdotool"),
        ("/blog/geekery/xdotool-2.20110530.html", "project_click project_id=xdotool"),
        ("/projects/newpsm", "project_click project_id=newpsm"),
        ("/projects/", "section_view section_id=projects"),
        ("/files/logstash/", "project_click project_id=logstash"),
        (
            "/files/logstash/logstash-1.1.0-monolithic.jar",
            "file_download project_id=logstash section_id=files",
        ),
        ("/files/bingerpc.py", "file_download section_id=files"),
        ("/files/?C=N;O=A", "section_view section_id=files"),
        (
            "/presentations/logstash-puppetconf-2012/",
            "topic_view project_id=logstash section_id=presentations skill_id=logging",
        ),
        ("/presentations/vim/", "topic_view section_id=presentations skill_id=vim"),
        ("/articles/ssh-security/", "topic_view section_id=articles skill_id=security"),
        (
            "/blog/articles/dynamic-dns-with-dhcp/main.html",
            "topic_view section_id=articles skill_id=networking",
        ),
        ("/blog/tags/puppet", "topic_view section_id=blog skill_id=puppet"),
        ("/blog/tags/jquery%20mobile", "topic_view section_id=blog skill_id=web"),
        ("/blog/tags/C", "topic_view section_id=blog skill_id=c"),
        ("/blog/tags/c++", "topic_view section_id=blog skill_id=c"),
        ("/blog/geekery/ssl-latency.html", "topic_view section_id=blog skill_id=monitoring"),
        ("/blog/geekery/xvfb-firefox.html", "topic_view section_id=blog skill_id=x11"),
        ("/blog/rants/forbes-dot-com-sucks.html", "topic_view section_id=blog skill_id=rants"),
        ("/scripts/netcat-webserver", "section_view section_id=scripts"),
        ("/misc/rcfiles/zshrc", "section_view section_id=misc"),
    ],
)
def test_a_page_is_the_event_that_its_reader_would_expect(path: str, event: str) -> None:
    assert READER.kind(line(path)) is LineKind.EVENT
    raw = READER.raw_event(line(path))
    params = raw["event_params"]
    assert isinstance(params, dict)
    said = " ".join(f"{name}={value}" for name, value in sorted(params.items()))
    assert f"{raw['event_name']} {said}".rstrip() == event


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/blog/tags/puppet?flav=rss20", LineKind.FEED),
        ("/?page=1&flav=atom", LineKind.FEED),
        ("/images/jordan-80.png", LineKind.ASSET),
        ("/presentations/logstash-scale11x/css/fonts/Roboto-Bold.ttf", LineKind.ASSET),
        ("/resume.xsl", LineKind.ASSET),
        ("/robots.txt", LineKind.MACHINE),
        ("/wp-login.php", LineKind.UNMAPPED),
        ("/projectsx", LineKind.UNMAPPED),
    ],
)
def test_what_is_no_page_is_none(path: str, kind: LineKind) -> None:
    assert READER.kind(line(path)) is kind
