"""`dvc push` and `dvc pull` on the command line, with the guard that `make setup` lays before them."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from doc_pages import command_lines
from project import ROOT
from servers import OPEN, OWNER, PRIVATE, READER, S3, s3_files
from team import FILES, Clone

from toonseg.remote.guard import is_guarded, lay_launcher


@pytest.fixture
def guarded(project: Clone, s3: S3, tmp_path: Path) -> Clone:
    """The project with a private remote and a public one, and the guarded `dvc` first on the path."""
    programs = tmp_path / "bin"
    programs.mkdir()
    lay_launcher(programs)
    project.environment = {
        **os.environ,
        **OWNER.environment,
        "PATH": f"{programs}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    remotes = "".join(
        f"['remote \"{name}\"']\n    url = s3://{bucket}/{tmp_path.name}\n    verify = true\n"
        f"    endpointurl = {s3.endpoint}\n    region = us-east-1\n"
        for name, bucket in (("team", PRIVATE), ("shown", OPEN))
    )
    (project.root / ".dvc/config").write_text(f"[core]\n    remote = team\n{remotes}")
    project.commit()
    return project


def sent(s3: S3, bucket: str, tmp_path: Path) -> list[str]:
    return [path for path in s3_files(s3, OWNER).find(f"{bucket}/{tmp_path.name}") if "files/md5/" in path]


def test_a_push_to_a_public_remote_is_stopped_with_the_reason(guarded, s3, tmp_path):
    stopped = guarded.run("dvc", "push", "-r", "shown")
    assert stopped.returncode != 0
    assert "anyone can list it without keys: make the bucket private" in stopped.stdout
    assert "Traceback" not in stopped.stdout
    assert sent(s3, OPEN, tmp_path) == []
    guarded.ok("dvc", "push")
    assert len(sent(s3, PRIVATE, tmp_path)) == len(FILES) + 2


def test_a_push_of_experiments_and_one_without_verification_are_stopped_too(guarded, s3, tmp_path):
    config = guarded.root / ".dvc/config"
    config.write_text(config.read_text().replace("verify = true", "verify = false"))
    guarded.ok("git", "clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    stopped = guarded.run("dvc", "push")
    assert stopped.returncode != 0
    assert "hands out corrupted data without a word" in stopped.stdout
    (guarded.root / "make.py").write_text("# changed\n" + (guarded.root / "make.py").read_text())
    guarded.ok("git", "config", "user.name", "t")
    guarded.ok("git", "config", "user.email", "t@example.org")
    guarded.ok("dvc", "exp", "save", "-n", "trial")
    stopped = guarded.run("dvc", "exp", "push", str(tmp_path / "bare.git"), "trial")
    assert "hands out corrupted data without a word" in stopped.stdout
    assert sent(s3, PRIVATE, tmp_path) == []


def test_what_is_sent_straight_to_a_public_remote_is_stopped_too(guarded, s3, tmp_path):
    (tmp_path / "found.bin").write_bytes(b"found")
    found = str(tmp_path / "found.bin")
    for command in (("add", "--to-remote", "-o", "got.bin"), ("import-url", "--to-remote")):
        stopped = guarded.run("dvc", *command, "-r", "shown", found)
        assert stopped.returncode != 0
        assert "anyone can list it without keys: make the bucket private" in stopped.stdout
    guarded.ok("dvc", "import-url", "--to-remote", found)
    (tmp_path / "found.bin").write_bytes(b"found again")
    stopped = guarded.run("dvc", "update", "--to-remote", "-r", "shown", "found.bin.dvc")
    assert "anyone can list it without keys: make the bucket private" in stopped.stdout
    assert sent(s3, OPEN, tmp_path) == []
    guarded.ok("dvc", "update", "--to-remote", "found.bin.dvc")


def test_the_hook_of_the_page_sends_data_before_git_and_is_guarded(guarded, s3, tmp_path):
    block = "\n".join(command_lines("docs/team.md", "What a push is stopped by"))
    guarded.ok("sh", "-ec", block.replace(".venv/bin/dvc", "dvc"))
    guarded.ok("git", "init", "-q", "--bare", str(tmp_path / "bare.git"))
    guarded.ok("git", "remote", "add", "origin", str(tmp_path / "bare.git"))
    config = guarded.root / ".dvc/config"
    well = config.read_text()
    config.write_text(well.replace("remote = team", "remote = shown"))
    stopped = guarded.run("git", "push", "-q", "origin", "main")
    assert stopped.returncode != 0
    assert "anyone can list it without keys: make the bucket private" in stopped.stdout
    assert guarded.ok("git", "ls-remote", "origin") == ""
    config.write_text(well)
    guarded.ok("git", "push", "-q", "origin", "main")
    assert len(sent(s3, PRIVATE, tmp_path)) == len(FILES) + 2


def test_an_output_of_another_branch_that_names_a_public_remote_stops_a_push(guarded, s3, tmp_path):
    guarded.ok("git", "switch", "-q", "-c", "other")
    pipeline = guarded.root / "dvc.yaml"
    shown = "outs:\n    - data/count.txt:\n        remote: shown"
    pipeline.write_text(pipeline.read_text().replace("outs: [data/count.txt]", shown))
    guarded.commit()
    guarded.ok("git", "switch", "-q", "main")
    for option in ("--all-branches", "--all-commits"):
        stopped = guarded.run("dvc", "push", option)
        assert stopped.returncode != 0
        assert "anyone can list it without keys: make the bucket private" in stopped.stdout
    assert sent(s3, OPEN, tmp_path) == sent(s3, PRIVATE, tmp_path) == []
    guarded.ok("dvc", "push")


def test_who_may_not_read_or_write_gets_one_clear_sentence(guarded, s3, tmp_path):
    nobody = dict.fromkeys(OWNER.environment, "")
    guarded.environment = {key: value for key, value in guarded.environment.items() if key not in nobody}
    refused = guarded.run("dvc", "pull")
    assert refused.returncode != 0
    assert refused.stdout.count("\n") == 1
    assert f"s3://{PRIVATE}/{tmp_path.name}: no keys were found: set AWS_ACCESS_KEY_ID" in refused.stdout
    refused = guarded.run("dvc", "push", **READER.environment)
    assert refused.returncode != 0
    assert refused.stdout.count("\n") == 1
    assert "you may not write there" in refused.stdout


def test_nothing_is_pulled_from_where_a_remote_was_before_it_moved(guarded, s3, tmp_path):
    guarded.ok("dvc", "push")
    guarded.ok("toonseg", "remote", "login", "--save-keys")
    config = guarded.root / ".dvc/config"
    config.write_text(config.read_text().replace(f"s3://{PRIVATE}/", f"s3://{PRIVATE}/new-"))
    shutil.rmtree(guarded.root / ".dvc/cache")
    refused = guarded.run("dvc", "pull")
    assert refused.returncode != 0
    assert refused.stdout.count("\n") == 1
    assert f"'team' is now s3://{PRIVATE}/new-{tmp_path.name} in .dvc/config" in refused.stdout
    assert "run `toonseg remote login --name team`" in refused.stdout


def test_setup_lays_the_guard_and_it_is_known_from_dvcs_own_launcher(project, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    own = shutil.which("dvc", path=str(Path(sys.executable).parent))
    assert own
    shutil.copy(own, programs / "dvc")
    (programs / "dvc").write_text("#!/bin/sh\n")
    assert not is_guarded(programs / "dvc")
    lay_launcher(programs)
    assert is_guarded(programs / "dvc")
    assert os.access(programs / "dvc", os.X_OK)


def test_the_guard_begins_where_a_path_has_a_space_or_is_long(tmp_path, monkeypatch):
    programs = tmp_path / "it's my folder" / ("x" * 200) / "bin"
    programs.mkdir(parents=True)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))
    lay_launcher(programs)
    done = subprocess.run([programs / "dvc", "--version"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout)


def test_make_finds_its_programs_in_a_path_with_a_space(tmp_path):
    root = tmp_path / "my project"
    (root / ".venv/bin").mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, root)
    (root / ".venv/.ready").touch()
    for name in ("toonseg", "dvc"):
        program = root / ".venv/bin" / name
        program.write_text(f'#!/bin/sh\necho {name} "$@"; command -v {name}\n')
        program.chmod(0o755)
    done = subprocess.run(["make", "-s", "repro"], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[:3] == ["toonseg browser --install", str(root / ".venv/bin/toonseg"), "dvc repro"]
