"""Every pinned dependency among the known vulnerabilities, by pip-audit."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, NamedTuple

COMMAND = (
    *(sys.executable, "-m", "pip_audit", "--requirement", "constraints.txt", "--no-deps"),
    *("--disable-pip", "--progress-spinner", "off", "--format", "json"),
)
NAMED = 10
FINE, VULNERABLE, NOT_DONE = 0, 1, 2


class Audited(NamedTuple):
    """How many were looked up, which could not be, and what is known of the others."""

    looked_up: int
    skipped: tuple[str, ...]
    known: tuple[str, ...]


def read(report: dict[str, Any]) -> Audited:
    """Return what a report of pip-audit says; what it passed over is not taken for fine."""
    dependencies = report["dependencies"]
    skipped = tuple(one["name"] for one in dependencies if "skip_reason" in one)
    known = tuple(
        f"{one['name']} {one['version']}: {vulnerability['id']}, fixed in"
        f" {', '.join(vulnerability['fix_versions']) or 'no version yet'}"
        for one in dependencies
        for vulnerability in one.get("vulns", ())
    )
    return Audited(len(dependencies) - len(skipped), skipped, known)


def audit() -> int:
    """Print what is known, and return an exit code: 2 where not everything could be looked up."""
    done = subprocess.run(COMMAND, capture_output=True, text=True, check=False)
    try:
        found = read(json.loads(done.stdout))
    except ValueError:
        why = (done.stderr.strip().splitlines() or ["pip-audit says nothing"])[-1]
        print(f"not audited: the data cannot be reached: {why[:200]}", file=sys.stderr)
        return NOT_DONE
    print("\n".join(found.known), end="\n" if found.known else "")
    print(f"{found.looked_up} looked up, {len(found.known)} known vulnerabilities")
    if found.skipped:
        names = ", ".join(found.skipped[:NAMED]) + (", ..." if len(found.skipped) > NAMED else "")
        said = f"not audited: the data has nothing on {len(found.skipped)} of them: {names}"
        print(said, file=sys.stderr)
    if found.known:
        return VULNERABLE
    return NOT_DONE if found.skipped else FINE
