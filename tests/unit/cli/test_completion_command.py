"""`huggy completion` prints a script that a shell can run, and `huggy` completes what is known without asking."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from huggy_connector.cli.app import huggy, main
from huggy_connector.cli.shell.completion_command import COMPLETE_VARIABLE, INSTALLATION, SHELLS

ROOT = Path(__file__).parents[3]
LONGEST = 600


@pytest.mark.parametrize(
    "shell",
    [pytest.param("bash", marks=pytest.mark.slow), "zsh", "fish"],  # Click asks bash for its version
)
def test_the_script_is_clicks_and_its_last_line_says_how_to_install_it(
    capsys: pytest.CaptureFixture[str], shell: str
) -> None:
    assert main(["completion", shell]) == 0
    out, err = capsys.readouterr()
    script = SHELLS[shell](huggy, {}, "huggy", COMPLETE_VARIABLE).source()
    assert out.rstrip("\n").splitlines() == [
        *script.splitlines(),
        f"# To install it, once, and then open a new shell: {INSTALLATION[shell]}",
    ]
    assert f"huggy completion {shell}" in INSTALLATION[shell]
    assert err == ""


@pytest.mark.parametrize(
    ("own", "arguments", "sentence"),
    [
        ("/bin/bash", ["tcsh"], "Invalid value for '[bash|zsh|fish]': 'tcsh' is not one of 'bash', 'zsh', 'fish'."),
        ("/bin/tcsh", [], "Which shell completes, SHELL does not say: name it, as in `huggy completion bash`."),
        ("", [], "Which shell completes, SHELL does not say: name it, as in `huggy completion bash`."),
    ],
)
def test_an_unknown_shell_is_one_sentence(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    own: str,
    arguments: list[str],
    sentence: str,
) -> None:
    monkeypatch.setenv("SHELL", own)
    assert main(["completion", *arguments]) == 2
    assert capsys.readouterr() == ("", f"huggy: {sentence}\n")


def test_without_a_name_it_is_the_script_of_the_users_own_shell(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHELL", "/usr/local/bin/fish")
    assert main(["completion"]) == 0
    own = capsys.readouterr()
    assert main(["completion", "fish"]) == 0
    assert capsys.readouterr() == own


@pytest.mark.parametrize(
    ("words", "incomplete", "offered"),
    [
        ([], "st", [("plain", "status")]),
        ([], "tea", []),
        (["auth"], "", [("plain", "login"), ("plain", "status")]),
        (["get"], "ch", [("plain", "chats")]),
        (["land", "chats"], "c", [("plain", "contacts")]),
        (["sync", "chats", "contacts"], "a", [("plain", "agents")]),
        (["plan", "--mode"], "t", [("plain", "tombstones")]),
        (["describe"], "de", [("plain", "departments")]),
        (["describe", "chats", "--language"], "p", [("plain", "pt-br"), ("plain", "pt")]),
        (["status"], "--w", [("plain", "--warehouse")]),
        (["status", "--warehouse"], "da", [("file", "da")]),
        (["sync", "--company-id"], "4", []),
        (["query", "FROM chats", "--out"], "da", [("file", "da")]),
        (["completion"], "", [("plain", "bash"), ("plain", "zsh"), ("plain", "fish")]),
    ],
)
def test_words_are_completed(words: list[str], incomplete: str, offered: list[tuple[str, str]]) -> None:
    items = BashComplete(huggy, {}, "huggy", COMPLETE_VARIABLE).get_completions(words, incomplete)
    assert [(item.type, item.value.lower()) for item in items] == offered  # Click 8.1 offers `pt-BR`


@pytest.mark.slow
def test_a_bash_that_has_run_the_script_completes(tmp_path: Path) -> None:
    program = tmp_path / "huggy"
    program.write_text(
        f"#!{sys.executable}\nimport sys\nfrom huggy_connector.cli import main\nsys.exit(main())\n", encoding="utf-8"
    )
    program.chmod(0o755)
    typed = 'eval "$(huggy completion bash)"\nCOMP_WORDS=(huggy land co)\nCOMP_CWORD=2\n'
    typed += '_huggy_completion huggy\necho "${COMPREPLY[@]}"\ncomplete -p huggy'
    done = subprocess.run(
        ["bash", "--norc", "-c", typed],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=True,
    )
    assert (done.stdout.splitlines()[0], done.stderr) == ("contacts", "")
    assert "_huggy_completion" in done.stdout.splitlines()[1]
