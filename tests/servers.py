"""Real servers for tests of remotes: SeaweedFS's S3 and OpenSSH, on free ports of this machine."""

import getpass
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

import psutil

from toonseg.crawl.lodging import dying_with_us

HOST = "127.0.0.1"
UP_WITHIN_S = 120
WEED = Path(sys.executable).with_name("weed")
SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")


@dataclass(frozen=True)
class Keys:
    """A key of the S3 server, as its two environment variables."""

    access: str
    secret: str

    @property
    def environment(self) -> dict[str, str]:
        return {"AWS_ACCESS_KEY_ID": self.access, "AWS_SECRET_ACCESS_KEY": self.secret}


OWNER = Keys("owner", "owners-secret")
READER = Keys("reader", "readers-secret")
WRONG = Keys("owner", "not-the-secret")
PRIVATE, OPEN = "team", "open"  # the buckets; anybody may read the second


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((HOST, 0))
        return [one.getsockname()[1] for one in sockets]


class Server:
    """A program that serves, which can be killed and started again on the same port and data."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self._command, self._folder = command, folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=self._folder, stdout=log, stderr=log, **dying_with_us()
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._process:
            begun = []
            with suppress(psutil.NoSuchProcess):
                begun = psutil.Process(self._process.pid).children(recursive=True)
            for process in begun:
                with suppress(psutil.NoSuchProcess):  # some end with their parent
                    process.kill()  # sshd's are in sessions of their own
            self._process.kill()
            self._process.wait()
            self._process = None

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        return (self._folder / "log").read_text(errors="replace")[-2000:]


@dataclass(frozen=True)
class S3:
    """A SeaweedFS server with the buckets PRIVATE and OPEN."""

    server: Server
    port: int
    endpoint: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "endpoint", f"http://{HOST}:{self.port}")

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.server.start()
        wait_for(self.server, lambda: _answers(self.endpoint))

    def kill(self) -> None:
        self.server.kill()


@contextmanager
def seaweed(folder: Path) -> Iterator[S3]:
    """SeaweedFS's S3 with keys, keeping its data in ``folder``."""
    folder.mkdir(parents=True)
    (folder / "s3.json").write_text(json.dumps({"identities": _identities()}))
    ports = free_ports(8)
    names = ("master.port", "volume.port", "filer.port", "s3.port")
    listen = [f"-{name}={port}" for name, port in zip(names, ports, strict=False)]
    listen += [f"-{name}.grpc={port}" for name, port in zip(names, ports[4:], strict=True)]
    sockets = [f"-{name}.localSocket={folder / name}.sock" for name in ("filer", "s3")]
    command = [
        str(WEED), "server", f"-dir={folder}", f"-ip={HOST}", f"-ip.bind={HOST}", *listen, *sockets,
        "-master.telemetry=false", "-master.electionTimeout=1s", "-s3", "-s3.config=s3.json",
        "-s3.port.iceberg=0", "-s3.port.lance=0",
    ]  # fmt: skip
    s3 = S3(Server(command, folder), ports[3])
    try:
        s3.start()
        make_buckets(s3)
        yield s3
    finally:
        s3.kill()


def make_buckets(s3: S3) -> None:
    """Make the buckets, as soon as the server's parts have found each other."""
    fs = s3_files(s3, OWNER)
    for bucket in (PRIVATE, OPEN):
        wait_for(s3.server, lambda bucket=bucket: _made(fs, bucket))


def s3_files(s3: S3, keys: Keys):  # type: ignore[no-untyped-def]
    """The server's files, past DVC."""
    import s3fs

    return s3fs.S3FileSystem(
        key=keys.access,
        secret=keys.secret,
        client_kwargs={"endpoint_url": s3.endpoint},
        use_listings_cache=False,
        skip_instance_cache=True,
    )


def _made(fs, bucket: str) -> bool:  # type: ignore[no-untyped-def]
    try:
        if not fs.exists(bucket):
            fs.mkdir(bucket)
        fs.pipe_file(f"{bucket}/.made", b"made")
        fs.rm_file(f"{bucket}/.made")
    except OSError:
        return False
    return True


def _identities() -> list[dict[str, object]]:
    def one(name: str, actions: list[str], *keys: Keys) -> dict[str, object]:
        credentials = [{"accessKey": key.access, "secretKey": key.secret} for key in keys]
        return {"name": name, "credentials": credentials, "actions": actions}

    return [
        one("owner", ["Admin", "Read", "Write", "List"], OWNER),
        one("reader", ["Read", "List"], READER),
        one("anonymous", [f"Read:{OPEN}", f"List:{OPEN}"]),
    ]


def _answers(address: str) -> bool:
    try:
        urlopen(address, timeout=2).close()
    except HTTPError:
        return True
    except (URLError, OSError):
        return False
    return True


def wait_for(server: Server, ready) -> None:  # type: ignore[no-untyped-def]
    """Wait until ``ready()``; an assertion fails when the server ends before."""
    until = time.monotonic() + UP_WITHIN_S
    while not ready():
        assert server.alive(), f"the server ended\n{server.log()}"
        assert time.monotonic() < until, f"the server does not answer\n{server.log()}"
        time.sleep(0.05)


@dataclass(frozen=True)
class Ssh:
    """An OpenSSH server that knows two keys: one that may write, one that may only read."""

    server: Server
    port: int
    folder: Path

    @property
    def address(self) -> str:
        """The beginning of its URLs."""
        return f"ssh://{getpass.getuser()}@{HOST}:{self.port}"

    def key(self, name: str) -> Path:
        """The private key ``owner``, ``reader`` or ``stranger``; the server does not know the last."""
        return self.folder / name

    @property
    def known_hosts(self) -> str:
        """A line of known_hosts with the server's own key."""
        kind, key = (self.folder / "host.pub").read_text().split()[:2]
        return f"[{HOST}]:{self.port} {kind} {key}\n"

    def start(self) -> None:
        """Start it and wait until it answers."""
        self.server.start()
        wait_for(self.server, lambda: _listens(self.port))

    def kill(self) -> None:
        self.server.kill()


@contextmanager
def sshd(folder: Path) -> Iterator[Ssh]:
    """OpenSSH's server for this user, with keys of its own in ``folder``."""
    assert SSHD
    folder.mkdir(parents=True)
    for name in ("host", "owner", "reader", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    reader = f'restrict,command="internal-sftp -R" {(folder / "reader.pub").read_text()}'
    (folder / "authorized").write_text((folder / "owner.pub").read_text() + reader)
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as Debian does when it boots
    (port,) = free_ports(1)
    settings = {
        "Port": port, "ListenAddress": HOST, "HostKey": folder / "host", "PidFile": "none",
        "AuthorizedKeysFile": folder / "authorized", "StrictModes": "no", "UsePAM": "no",
        "PasswordAuthentication": "no", "KbdInteractiveAuthentication": "no", "PermitRootLogin": "yes",
        "Subsystem": "sftp internal-sftp",
    }  # fmt: skip
    (folder / "config").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    ssh = Ssh(Server([SSHD, "-D", "-e", "-f", str(folder / "config")], folder), port, folder)
    try:
        ssh.start()
        yield ssh
    finally:
        ssh.kill()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection((HOST, port), timeout=2) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False
