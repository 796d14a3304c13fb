"""`deploy/debian/install-quietly`, with a Debian of the test's own below a directory."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy" / "debian" / "install-quietly"
TOOLS = (
    "sh",
    "cat",
    "chmod",
    "flock",
    "grep",
    "ln",
    "mkdir",
    "mv",
    "readlink",
    "rm",
    "touch",
    "true",
)
OWNERS_POLICY = '#!/bin/sh\n[ "$1" = ssh ] && exit 104\nexit 101\n'

APT_GET = """#!/bin/sh
echo "apt-get $*" >>{root}/calls
[ "$1" = install ] || exit 0
ask() {{ {root}/policy-rc.d "$@"; echo "policy $*: $?" >>{root}/calls; }}
ask prometheus start
ask prometheus.service start
ask ssh restart
[ -L {root}/units/prometheus.service ] && echo "masked before" >>{root}/calls
[ ! -e {root}/broken ] || {{ echo "E: it is broken"; exit 100; }}
rm -f {root}/units/prometheus.service
echo prometheus >>{root}/installed
touch {root}/init.d/prometheus
"""
DPKG_QUERY = """#!/bin/sh
[ "$1" = --show ] || exit 1
grep -qx "$3" {root}/installed && echo installed
"""


class Debian:
    """A few directories and programs that stand for a machine; `user` 0 is root."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("bin", "units", "init.d"):
            (root / name).mkdir()
        self.mask = root / "units" / "prometheus.service"
        self.policy = root / "policy-rc.d"
        (root / "installed").touch()
        self.program("apt-get", APT_GET)
        self.program("dpkg-query", DPKG_QUERY)
        self.program("update-rc.d", '#!/bin/sh\necho "update-rc.d $*" >>{root}/calls\n')
        self.program("sudo", "#!/bin/sh\nexit 1\n")
        for tool in TOOLS:
            (root / "bin" / tool).symlink_to(str(shutil.which(tool)))
        places = {
            "/usr/local/lib/systemd/system": "units",
            "/run/systemd/system": "units",
            "/etc/systemd/system": "units",
            "/lib/systemd/system": "units",
            "/etc/init.d": "init.d",
            "/usr/sbin/policy-rc.d": "policy-rc.d",
        }
        text = SCRIPT.read_text()
        for place, here in places.items():
            assert place in text
            text = text.replace(place, f"{root}/{here}")
        self.script = self.program("install-quietly", text.replace("{", "{{").replace("}", "}}"))

    def program(self, name: str, text: str) -> Path:
        made = self.root / "bin" / name
        made.write_text(text.format(root=self.root))
        made.chmod(0o755)
        return made

    def install(self, *packages: str, user: int = 0) -> tuple[int, str]:
        """Run the script as a user; return its exit code and standard error."""
        self.program("id", f"#!/bin/sh\necho {user}\n")
        done = subprocess.run(
            [self.script, *packages],
            env={"PATH": str(self.root / "bin")},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    def calls(self) -> list[str]:
        made = self.root / "calls"
        return made.read_text().splitlines() if made.exists() else []


@pytest.fixture
def debian(tmp_path: Path) -> Debian:
    return Debian(tmp_path)


def test_nothing_starts_while_it_installs_nor_at_the_next_boot(debian: Debian) -> None:
    assert debian.install("prometheus") == (0, "")
    calls = debian.calls()
    assert calls[0] == "apt-get update -qq"
    assert "--no-install-recommends" in calls[1]
    assert calls[1].endswith(" prometheus")
    assert calls[2:] == [
        "policy prometheus start: 101",
        "policy prometheus.service start: 101",
        "policy ssh restart: 0",
        "masked before",
        "update-rc.d prometheus disable",
    ]
    assert debian.mask.readlink() == Path("/dev/null")
    assert not debian.policy.exists()


def test_a_policy_that_was_there_decides_about_others_and_is_put_back(debian: Debian) -> None:
    debian.policy.write_text(OWNERS_POLICY)
    debian.policy.chmod(0o755)
    assert debian.install("prometheus") == (0, "")
    assert "policy prometheus start: 101" in debian.calls()
    assert "policy ssh restart: 104" in debian.calls()
    assert debian.policy.read_text() == OWNERS_POLICY
    assert [path.name for path in debian.root.glob("policy-rc.d*")] == ["policy-rc.d"]


def test_a_policy_left_by_a_run_that_was_cut_off_is_cleared_away(debian: Debian) -> None:
    debian.policy.write_text("#!/bin/sh\n# written by install-quietly\nexit 101\n")
    assert debian.install("prometheus") == (0, "")
    assert not debian.policy.exists()


def test_what_is_installed_stays_as_it_is(debian: Debian) -> None:
    (debian.root / "installed").write_text("prometheus\n")
    assert debian.install("prometheus", user=1000) == (0, "")
    assert debian.calls() == []
    assert not debian.mask.is_symlink()


def test_a_second_run_does_nothing(debian: Debian) -> None:
    debian.install("prometheus")
    before = debian.calls()
    assert debian.install("prometheus") == (0, "")
    assert debian.calls() == before


@pytest.mark.parametrize("place", ["units/prometheus.service", "init.d/prometheus"])
def test_a_service_of_the_owner_with_that_name_is_left_alone(debian: Debian, place: str) -> None:
    own = debian.root / place
    own.write_text("the owner's own")
    code, said = debian.install("prometheus")
    assert code == 1
    assert said == f"{own} is a service of yours; prometheus is not installed over it.\n"
    assert own.read_text() == "the owner's own"
    assert debian.calls() == []


def test_a_failed_installation_says_why_and_leaves_nothing_behind(debian: Debian) -> None:
    (debian.root / "broken").touch()
    assert debian.install("prometheus") == (1, "E: it is broken\n")
    assert not debian.mask.is_symlink()
    assert not debian.policy.exists()


def test_a_user_who_may_not_install_is_told_what_to_type(debian: Debian) -> None:
    code, said = debian.install("prometheus", user=1000)
    assert code == 1
    assert said == f"Not installed: prometheus. Type: sudo {debian.script} prometheus\n"
    assert debian.calls() == []


def test_a_system_without_apt_get_is_told_so(debian: Debian) -> None:
    (debian.root / "bin" / "apt-get").unlink()
    code, said = debian.install("prometheus")
    assert code == 1
    assert said.startswith("This is no Debian; install prometheus")


def test_a_call_without_packages_says_how_to_call(debian: Debian) -> None:
    code, said = debian.install()
    assert (code, said) == (1, f"usage: {debian.script} PACKAGE...\n")


def test_who_may_use_sudo_installs_with_it(debian: Debian) -> None:
    become_root = 'printf "#!/bin/sh\\necho 0\\n" >{root}/bin/id'
    debian.program("sudo", f'#!/bin/sh\nshift\n{become_root}\nexec "$@"\n')
    assert debian.install("prometheus", user=1000) == (0, "")
    assert "update-rc.d prometheus disable" in debian.calls()
