"""Settings for all tests."""

import shutil
import signal
import subprocess

import pytest
from hypothesis import settings

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
