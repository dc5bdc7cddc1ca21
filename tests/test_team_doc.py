"""The commands of docs/team.md, run on real servers as they stand there."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from doc_pages import command_lines
from project import ROOT
from servers import OWNER, PRIVATE, S3, Ssh
from team import FILES, Clone

from toonseg.remote.guard import lay_launcher

PAGE = ROOT / "docs/team.md"


def commands(section: str) -> str:
    """The commands of one section of the page."""
    return "".join(f"{line}\n" for line in command_lines("docs/team.md", section))


class Terminal:
    """A shell with the guarded `dvc`, in which the page's names stand for what is here."""

    def __init__(self, folder: Path, names: Mapping[str, str], environment: Mapping[str, str]) -> None:
        programs = folder / "bin"
        programs.mkdir()
        lay_launcher(programs)
        path = [str(programs), str(Path(sys.executable).parent), os.environ["PATH"]]
        git = {
            f"GIT_{who}_{what}": "t@example.org"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        self._environment = {**os.environ, **git, **environment, "PATH": os.pathsep.join(path)}
        self._names = names

    def type(self, block: str, folder: Path) -> str:
        """Type a block of commands; each must succeed. Gives all that was printed."""
        for name, here in self._names.items():
            block = block.replace(name, here)
        done = subprocess.run(
            ["bash", "-e", "-c", block],
            cwd=folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}"
        return done.stdout


@pytest.fixture
def shared(project: Clone, tmp_path: Path) -> Clone:
    """The project of the one who sets the remote up, with a Git repository that colleagues clone."""
    project.ok("git", "clone", "-q", "--bare", ".", str(tmp_path / "webtoons.git"))
    project.ok("git", "remote", "add", "origin", str(tmp_path / "webtoons.git"))
    project.ok("git", "fetch", "-q", "origin")
    project.ok("git", "branch", "-q", "--set-upstream-to=origin/main", "main")
    return project


@pytest.mark.all
@pytest.mark.timeout(1800)
def test_the_commands_for_s3_for_a_new_colleague_for_every_day_and_for_room(shared, s3: S3, tmp_path):
    names = {
        "s3://lab-webtoons/toonseg": f"s3://{PRIVATE}/doc",
        "https://s3.lab.example": s3.endpoint,
        "git@git.lab.example:webtoons.git": str(tmp_path / "webtoons.git"),
        "make setup\n": "",  # tested where everything is installed
        ". .venv/bin/activate\n": "",
    }
    terminal = Terminal(tmp_path, names, OWNER.environment)
    said = terminal.type(commands("In S3"), shared.root)
    assert "remote 'team' is s3://" in said
    assert "FAIL" not in said

    desk = tmp_path / "desk"
    desk.mkdir()
    said = terminal.type(commands("A new colleague's first ten minutes"), desk)
    assert "you may read and write" in said
    assert "Data and pipelines are up to date" in said
    colleague = Clone(desk / "webtoons")
    assert colleague.files() == FILES

    (colleague.root / "make.py").write_text("# changed\n" + (colleague.root / "make.py").read_text())
    terminal.type(commands("Every day"), colleague.root)
    assert colleague.ok("git", "status", "--porcelain", "--branch").strip() == "## main...origin/main"
    assert "objects of dvc.lock are there (every byte read)" in terminal.type(
        commands("Is the remote well?"), colleague.root
    )
    terminal.type(commands("Making room"), colleague.root)
    assert colleague.files() == FILES


@pytest.mark.all
def test_the_commands_for_ssh(shared, ssh: Ssh, tmp_path):
    home = Path.home() / ".ssh"
    home.mkdir(mode=0o700)
    (home / "known_hosts").write_text(ssh.known_hosts)
    ssh.key("owner").with_name("copy").write_bytes(ssh.key("owner").read_bytes())
    ssh.key("copy").chmod(0o600)
    ssh.key("copy").rename(home / "id_ed25519")
    names = {"ssh://anna@storage.lab.example/srv/webtoons": f"{ssh.address}{tmp_path}/webtoons"}
    said = Terminal(tmp_path, names, {}).type(commands("By SSH"), shared.root)
    assert "remote 'team' is ssh://" in said
    assert "FAIL" not in said


@pytest.mark.all
def test_the_commands_for_a_shared_folder(shared, tmp_path):
    names = {"/mnt/lab/webtoons": str(tmp_path / "webtoons")}
    said = Terminal(tmp_path, names, {}).type(commands("In a shared folder"), shared.root)
    assert f"remote 'team' is {tmp_path / 'webtoons'}" in said
    assert "FAIL" not in said


def test_the_page_names_every_line_of_the_check_and_no_command_that_is_not_there():
    from toonseg.cli import main

    text = PAGE.read_text(encoding="utf-8")
    for line in ("settings", "pictures", "reading, writing", "private", "git", "guard", "objects"):
        assert f"| {line} |" in text
    for command in set(re.findall(r"toonseg remote (\w+)", text)):
        with pytest.raises(SystemExit) as ended:
            main(["remote", command, "--help"])
        assert ended.value.code == 0
