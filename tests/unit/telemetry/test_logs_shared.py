from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from vitrine.telemetry.logs.shared import SharedStream
turn = open(sys.argv[1], "r+b")
stream = SharedStream(sys.stdout.buffer, turn.fileno())
for number in range(40):
    line = f"{sys.argv[2]}-{number}-".encode() + sys.argv[2].encode() * 30_000 + b"\\n"
    assert stream.write(line) == len(line)
"""


def test_lines_of_several_processes_stay_whole(tmp_path: Path) -> None:
    turn = tmp_path / "turn"
    turn.touch()
    # A pipe takes 64 KiB at a time: without turns, long lines of two writers would mix.
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        writers = [
            subprocess.Popen([sys.executable, "-c", PROGRAM, turn, who], stdout=reader.stdin)
            for who in "ab"
        ]
        assert reader.stdin
        reader.stdin.close()
        assert reader.stdout
        lines = reader.stdout.read().splitlines()
        assert [writer.wait() for writer in writers] == [0, 0]
    wanted = {f"{who}-{number}-{who * 30_000}".encode() for who in "ab" for number in range(40)}
    assert len(lines) == len(wanted)
    assert set(lines) == wanted
