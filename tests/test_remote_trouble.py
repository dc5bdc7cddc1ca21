"""Servers that die half-way, and remotes that are full: what is left, and what comes after."""

import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from servers import OWNER, PRIVATE, S3, SSHD, Ssh, s3_files, seaweed, sshd
from team import Clone, pull, push, toonseg

pytestmark = pytest.mark.all
COUNT, SIZE = 16, 2 << 20


@dataclass(frozen=True)
class Remote:
    """A server of this test's own, and a remote on it: how many objects are there, and at a glance."""

    server: S3 | Ssh
    arguments: tuple[str, ...]
    arrived: Callable[[], int]
    glance: Callable[[], int]


@pytest.fixture
def big(project: Clone, monkeypatch: pytest.MonkeyPatch) -> Clone:
    """The project with data enough for a transfer to be caught half-way."""
    (project.root / "data/.gitignore").write_text("/pages\n/count.txt\n/more\n")
    (project.root / "data/more").mkdir()
    for number in range(COUNT):
        (project.root / f"data/more/{number}").write_bytes(bytes([number]) * SIZE)
    project.ok("dvc", "add", "-q", "data/more")
    for name, value in OWNER.environment.items():
        monkeypatch.setenv(name, value)
        project.environment[name] = value
    return project


@pytest.fixture(params=["s3", "ssh"])
def remote(request: pytest.FixtureRequest, tmp_path: Path, big: Clone) -> Iterator[Remote]:
    if request.param == "s3":
        with seaweed(tmp_path / "server") as s3:
            yield _on_s3(s3, tmp_path / "server")
    elif SSHD is None:
        pytest.skip("there is no sshd: apt-get install openssh-server")
    else:
        with sshd(tmp_path / "server") as ssh:
            yield _on_ssh(ssh, tmp_path / "shelf")


def _on_s3(s3: S3, folder: Path) -> Remote:
    def arrived() -> int:
        files = s3_files(s3, OWNER)
        return len([path for path in files.find(f"{PRIVATE}/webtoons") if "/md5/" in path])

    def glance() -> int:  # the server would answer when the transfer is over: its disk tells sooner
        return sum(path.stat().st_size for path in folder.rglob("*.dat")) // SIZE

    return Remote(s3, (f"s3://{PRIVATE}/webtoons", "--endpointurl", s3.endpoint), arrived, glance)


def _on_ssh(ssh: Ssh, shelf: Path) -> Remote:
    known = Path.home() / ".ssh/known_hosts"
    known.parent.mkdir(mode=0o700, exist_ok=True)
    known.write_text(ssh.known_hosts)
    arguments = (f"{ssh.address}{shelf}", "--keyfile", str(ssh.key("owner")))

    def arrived() -> int:
        return len(objects_in(shelf / "files"))

    return Remote(ssh, arguments, arrived, arrived)


def objects_in(folder: Path) -> list[Path]:
    """The whole objects in a folder of DVC's; those that are being written have other names."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".tmp")]


def killed_half_way(clone: Clone, remote: Remote, command: str, done: Callable[[], int]) -> str:
    """Run a transfer, kill the server when some objects are through, and give what was printed."""
    before = done()
    with subprocess.Popen(
        ["dvc", command, "-j", "2"],
        cwd=clone.root,
        env=clone.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as running:
        while done() < before + 3 and running.poll() is None:
            time.sleep(0.005)
        remote.server.kill()
        printed, _ = running.communicate()
    assert running.returncode != 0, printed
    return printed


def test_a_transfer_whose_server_dies_fails_and_goes_on_when_it_is_back(big, remote, capsys, tmp_path):
    assert toonseg(capsys, "remote", "init", *remote.arguments).status == 0
    big.commit()
    assert "Traceback" not in killed_half_way(big, remote, "push", remote.glance)
    remote.server.start()
    some = remote.arrived()
    assert 0 < push(big.root) <= COUNT + 8 - some + 2
    told = toonseg(capsys, "remote", "check", "--deep")
    assert told.status == 0, told.out

    clone = big.clone(tmp_path / "clone", {**big.environment, "HOME": os.environ["HOME"]})
    (clone.root / ".dvc/config.local").write_bytes(_own(big))
    cache = clone.root / ".dvc/cache/files/md5"
    assert "Traceback" not in killed_half_way(clone, remote, "pull", lambda: len(objects_in(cache)))
    for path in objects_in(cache):
        assert hashlib.md5(path.read_bytes()).hexdigest() == path.parent.name + path.stem
    remote.server.start()
    pull(clone.root)
    assert clone.files() == big.files()
    for number in range(COUNT):
        assert (clone.root / f"data/more/{number}").read_bytes() == bytes([number]) * SIZE


def _own(clone: Clone) -> bytes:
    path = clone.root / ".dvc/config.local"
    return path.read_bytes() if path.exists() else b""


@contextmanager
def disk(folder: Path, size_mb: int) -> Iterator[Path]:
    """A disk of so many megabytes, as a folder."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size_mb}m", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("only root can make a disk that is soon full")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 8 MB."""
    with disk(tmp_path / "disk", 8) as folder:
        yield folder


@pytest.mark.parametrize("kind", ["ssh", "folder"])
def test_a_full_remote_fails_a_push_and_says_so_in_the_check(kind, big, small_disk, tmp_path, capsys):
    shelf = small_disk / "shelf"
    if kind == "ssh" and SSHD is None:
        pytest.skip("there is no sshd: apt-get install openssh-server")
    with sshd(tmp_path / "server") as ssh:
        arguments = _on_ssh(ssh, shelf).arguments if kind == "ssh" else (str(shelf),)
        assert toonseg(capsys, "remote", "init", *arguments).status == 0
        printed = big.run("dvc", "push")
        assert printed.returncode != 0
        assert 0 < len(objects_in(shelf / "files")) < COUNT
        fill(small_disk / "rest")
        told = toonseg(capsys, "remote", "check")
        assert (told.status, told.states["writing"], told.states["private"]) == (1, "FAIL", "ok")
        assert "full" in told.out
    for path in objects_in(shelf / "files"):
        assert hashlib.md5(path.read_bytes()).hexdigest() == path.parent.name + path.stem


@pytest.mark.timeout(900)
def test_a_full_s3_server_fails_a_push_which_goes_on_when_there_is_room(big, tmp_path, capsys):
    with disk(tmp_path / "disk", 96) as folder, seaweed(folder / "server") as s3:
        assert toonseg(capsys, "remote", "init", *_on_s3(s3, folder / "server").arguments).status == 0
        big.commit()
        fill(folder / "rest")
        printed = big.run("dvc", "push")
        assert printed.returncode != 0
        assert "Traceback" not in printed.stdout
        (folder / "rest").unlink()
        s3.kill()
        s3.start()
        assert push(big.root) > 0
        told = toonseg(capsys, "remote", "check", "--deep")
        assert told.status == 0, told.out


def fill(path: Path) -> None:
    """Write to a file until the disk is full."""
    with path.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 4096)
