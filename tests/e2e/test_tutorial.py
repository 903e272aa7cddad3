"""docs/tutorial.md is followed to the letter: each block in its order, in one shell, in a home of its own."""

import csv
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.blocks import Block, list_blocks
from tests.sizes import FULL

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
LONGEST = 3600
"""Seconds: the page says 30 minutes, on a machine that does nothing else."""


def read_blocks(page: str) -> list[Block]:
    return [
        block
        for block in list_blocks((DOCS / page).read_text(encoding="utf-8"))
        if not block.comment.startswith(("not run by the test", "o teste não o executa"))
    ]


IN_SMALL = {"--chats 3000": "--chats 300", "airflow dags test huggy_sync\n": ""}
"""What stands in the page, and what is run for it where the proof is not full. test_wheel.py runs that DAG so, too."""


def write_step(block: Block) -> str:
    """Return what a reader types: a block of Python is saved as the file that its first line names."""
    if block.language == "sh":
        code = block.code
        for step, smaller in () if FULL else IN_SMALL.items():
            code = code.replace(step, smaller)
        return code
    name = re.match(r"# (\S+\.py)\n", block.code)
    assert name is not None, f"line {block.line}: the page does not say where to save this"
    return f"cat > {shlex.quote(name[1])} <<'END OF THE FILE'\n{block.code}END OF THE FILE\n"


def test_the_pages_of_both_languages_have_the_same_steps() -> None:
    english, portuguese = ([block.code for block in read_blocks(page)] for page in ("tutorial.md", "pt-BR/tutorial.md"))
    assert portuguese == english


@pytest.mark.proof
@pytest.mark.timeout(LONGEST + 60)
def test_whoever_follows_the_tutorial_has_a_chart_and_a_file_from_a_dag(
    environ: dict[str, str], tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    script = tmp_path / "steps.sh"
    blocks = read_blocks("tutorial.md")
    assert [sum(step in block.code for block in blocks) for step in IN_SMALL] == [1, 1]
    script.write_text("\n".join(map(write_step, blocks)), encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{environ['PATH']}"
    shell = subprocess.Popen(
        ["bash", "-eu", str(script)],
        cwd=home,
        env={**environ, "HOME": str(home), "PATH": path, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = shell.communicate(timeout=LONGEST)
    finally:
        if shell.poll() is None or shell.returncode:
            os.killpg(shell.pid, signal.SIGKILL)  # with the sandbox, which the last block would have stopped
    folder = home / "huggy-tutorial"
    assert shell.returncode == 0, said[-4000:]
    assert (folder / "first_response.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "report.html").is_file()
    with (folder / "slow_hours.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert [len(rows), list(rows[0])] == [5, ["hour", "chats", "minutes"]]
