"""Settings for all tests."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from servers import S3, SSHD, Ssh, seaweed, sshd
from team import Clone, make_project

# The same examples on every run, however slow the machine.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    # A shell starts what runs in its background deaf to Ctrl-C, and so would be all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def small_disk():
    """Give a way to lay a nearly full disk, of 64 kB, over a folder; only root can."""
    mounted = []

    def lay(place, free_kb):
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(place)]
        done = subprocess.run(mount, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"a full disk needs leave to mount one: {done.stderr.strip()}")
        mounted.append(place)
        (place / "filler").write_bytes(bytes((64 - free_kb) << 10))

    yield lay
    for place in mounted:
        subprocess.run(["umount", str(place)], check=True)


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    """One S3 server for all tests that only write to paths of their own."""
    with seaweed(tmp_path_factory.mktemp("s3") / "server") as server:
        yield server


@pytest.fixture(scope="session")
def ssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ssh]:
    """One SSH server for all tests that keep to folders of their own."""
    if SSHD is None:
        pytest.skip("there is no sshd: apt-get install openssh-server")
    with sshd(tmp_path_factory.mktemp("ssh") / "server") as server:
        yield server


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """The small project, to be copied."""
    return make_project(tmp_path_factory.mktemp("team") / "original")


@pytest.fixture
def project(
    original: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Clone:
    """A copy of the small project as the current folder, for a user without any keys."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("DVC_SITE_CACHE_DIR", str(home / "dvc"))
    copied = original.copy(tmp_path / "project")
    monkeypatch.chdir(copied.root)
    return copied
