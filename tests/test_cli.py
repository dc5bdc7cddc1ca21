"""The command `toonseg` says what there is, and ends with a sentence when it cannot go on."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from toonseg.cli import PIPE_CLOSED, main
from toonseg.console import INTERRUPTED, guarded
from toonseg.errors import ToonsegError

TOONSEG = Path(sys.executable).with_name("toonseg")


def run(*arguments, **environment):
    return subprocess.run(
        [TOONSEG, *arguments], capture_output=True, text=True, check=False, env=os.environ | environment
    )


def test_help_lists_the_commands_and_the_pipeline():
    printed = run("--help").stdout
    for word in ("doctor", "browser", "demo", "dvc repro"):
        assert word in printed


def test_help_imports_nothing_heavy():
    code = "import sys, toonseg.cli; print(sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for heavy in ("numpy", "cv2", "torch", "selenium", "pandas", "pydantic", "dvc"):
        assert f"'{heavy}'" not in loaded


def test_a_command_that_does_not_exist_is_refused_with_those_that_do():
    done = run("sew")
    assert done.returncode == 2
    assert "doctor" in done.stderr


def test_demo_draw_writes_the_pages_of_an_episode(tmp_path, capsys):
    assert main(["demo", "draw", "tidal-town", "1", "--out", str(tmp_path)]) == 0
    pages = sorted(tmp_path.glob("*.jpg"))
    assert f"{len(pages)} pages" in capsys.readouterr().out
    assert len(pages) > 3


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["demo", "draw", "nobody", "1"], "error: the demo has no series 'nobody': choose after-class"),
        (["demo", "draw", "after-class", "99"], "error: after-class has no episode 99: it has 1 to 14"),
    ],
)
def test_the_demo_says_what_it_has(tmp_path, capsys, arguments, sentence):
    assert main([*arguments, "--out", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith(sentence)


@pytest.mark.browser
def test_doctor_names_what_each_thing_is_for():
    done = run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    for word in ("python", "git", "dvc", "browser", "torch", "GPU", "detectron2", "crawl"):
        assert word in done.stdout


def test_doctor_without_a_browser_says_what_to_install_and_fails():
    done = run("doctor", TOONSEG_BROWSER="/nowhere/chromium")
    assert done.returncode == 1
    assert "MISS browser" in done.stdout
    assert "/nowhere/chromium" in done.stdout
    assert "missing: browser" in done.stderr


@pytest.mark.parametrize(
    ("fault", "status", "sentence"),
    [
        (ToonsegError("the cat sat on it"), 1, "error: the cat sat on it\n"),
        (KeyboardInterrupt(), INTERRUPTED, "error: stopped by Ctrl-C"),
        (OSError(errno.ENOSPC, "full", "a.png"), 1, "error: no space left on the disk while writing a.png"),
        (PermissionError(errno.EACCES, "Permission denied", "a.png"), 1, "error: a.png: Permission denied"),
    ],
)
def test_what_a_user_can_fix_is_a_sentence(capsys, fault, status, sentence):
    def work():
        raise fault

    assert guarded(work) == status
    assert capsys.readouterr().err.startswith(sentence)


def test_a_bug_keeps_its_traceback():
    def work():
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        guarded(work)


@pytest.mark.skipif(sys.platform == "win32", reason="there a closed pipe is another fault")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_has_seen_enough_is_no_fault(unbuffered):
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [TOONSEG, "doctor"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
        )  # fmt: skip
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (PIPE_CLOSED, "")
