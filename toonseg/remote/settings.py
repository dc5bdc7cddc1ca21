"""DVC's configuration of remotes: what colleagues share goes to Git, what is secret stays with its owner."""

import stat
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toonseg.remote.address import Kind, read_address
from toonseg.remote.faults import RemoteError
from toonseg.remote.place import CREDENTIALS, Place
from toonseg.store import write_bytes

SECRETS = (
    *("access_key_id", "secret_access_key", "session_token", "sse_customer_key", "password", "passphrase"),
    *("token", "account_key", "sas_token", "connection_string", "client_secret"),
    *("oss_key_id", "oss_key_secret", "gdrive_client_secret"),
)
OTHERS = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True)
class Project:
    """A project with DVC: its folder, and its configuration of the two levels that belong to it."""

    root: Path

    @property
    def shared(self) -> Path:
        """The configuration in Git."""
        return self.root / ".dvc" / "config"

    @property
    def own(self) -> Path:
        """The configuration that Git ignores."""
        return self.root / ".dvc" / "config.local"

    def place(self, name: str | None, follow: bool = False) -> Place:
        """The remote of this name, or the default one. Raises RemoteError when there is none.

        One that moved is where DVC would look for it: at the address beside the user's own keys. With
        ``follow`` it is at the one in Git, with these keys if they are for that kind of place.
        """
        configured = self._config(valid=not follow)  # keys to another kind of place are no valid ones
        name = name or configured["core"].get("remote")
        if not name:
            raise RemoteError("no remote is set up: run `toonseg remote init URL`, with the URL of yours")
        settings = configured["remote"].get(name.lower())
        if settings is None:
            known = ", ".join(sorted(configured["remote"])) or "none"
            raise RemoteError(f"there is no remote '{name}' (known: {known}): run `toonseg remote init URL`")
        url = self.moved_to(name.lower()) if follow else ""
        if url:
            kept = settings if self._kind(url) == self._kind(settings["url"]) else {}
            settings = {**kept, **self._level("repo")["remote"][name.lower()]}
        return Place(name.lower(), self._kind(settings["url"]), settings)

    def remotes(self) -> dict[str, Any]:
        """The settings of every remote, by name."""
        return dict(self._config()["remote"])

    def committed_secrets(self) -> list[tuple[str, str]]:
        """The secret settings that stand in the configuration for Git: each remote's name and the key."""
        remotes = self._level("repo")["remote"]
        return [(name, key) for name in sorted(remotes) for key in SECRETS if key in remotes[name]]

    def moved_to(self, name: str) -> str:
        """The remote's address in Git, where it is another than the one beside the user's own keys."""
        shared, own = (self._level(level)["remote"].get(name, {}).get("url") for level in ("repo", "local"))
        return str(shared) if shared and own and shared != own else ""

    def refuse_moved(self, name: str) -> None:
        """Raise RemoteError where DVC would go to the address beside the user's keys, and not to Git's."""
        address = self.moved_to(name)
        if address:
            raise RemoteError(
                f"'{name}' is now {address} in .dvc/config, and another beside your keys in {self.own}: run "
                f"`toonseg remote login --name {name}`"
            )

    def removal(self, name: str) -> str:
        """The commands that take a remote away, from each level of the configuration that holds it."""
        options = (("repo", ""), ("local", "--local "))
        held = [option for level, option in options if name in self._level(level)["remote"]]
        return " and ".join(f"`dvc remote remove {option}{name}`" for option in held)

    def configure(self, name: str, shared: Mapping[str, Any], own: Mapping[str, Any], default: bool) -> None:
        """Write a remote's settings whole: ``shared`` for Git, ``own`` for this machine, mode 600.

        Of a remote that Git does not know, all is this machine's own. Whatever is this machine's own has the
        remote's address beside it.
        """
        if "url" not in shared and name not in self._level("repo")["remote"]:
            shared, own = {}, {**shared, **own}
        with self._undone_on_fault():
            if shared or default:
                with self._edited("repo") as config:
                    config["remote"].setdefault(name, {}).update(shared)
                    if default:
                        config["core"]["remote"] = name
            if own or name in self._level("local")["remote"]:
                self.own.touch(mode=0o600)
                self.close_own()
                its = self._level("repo")["remote"].get(name) or self._config()["remote"][name]
                with self._edited("local") as config:
                    before = config["remote"].get(name, {})
                    if self._kind(before.get("url", its["url"])) != self._kind(its["url"]):
                        before = {}  # keys to another kind of place
                    # Commits from before the remote have no url of it, and DVC walks them in `dvc gc`.
                    config["remote"][name] = {**replaced(before, own), "url": its["url"]}

    def in_git(self, path: Path) -> bool:
        """Whether Git holds a file."""
        return self._git("--literal-pathspecs", "ls-files", "--error-unmatch", "--", str(path)) == 0

    def git_would_take(self, path: Path) -> bool:
        """Whether a file lies in the project and Git is not told to ignore it."""
        return self._git("check-ignore", "--quiet", "--", str(path)) == 1

    def own_is_open(self) -> bool:
        """Whether others on this machine may read the user's own configuration, and keys in it."""
        if not self.own.exists() or not self.own.stat().st_mode & OTHERS:
            return False
        remotes = self._level("local")["remote"].values()
        return any(key in settings for settings in remotes for key in SECRETS)

    def close_own(self) -> None:
        """Let nobody but the user read the configuration with the keys."""
        self.own.chmod(0o600)

    def _kind(self, url: str) -> Kind:
        return read_address(url, self.root).kind

    def _git(self, *arguments: str) -> int:
        command = ["git", *arguments]
        return subprocess.run(command, cwd=self.root, capture_output=True, check=False).returncode

    @contextmanager
    def _undone_on_fault(self) -> Iterator[None]:
        before = {path: path.read_bytes() if path.exists() else None for path in (self.shared, self.own)}
        try:
            yield
        except BaseException:
            for path, data in before.items():
                path.unlink(missing_ok=True) if data is None else write_bytes(path, data)
            if before[self.own] is not None:
                self.close_own()
            raise

    @contextmanager
    def _edited(self, level: str) -> Iterator[Any]:
        from dvc.config import Config, ConfigError

        try:
            with Config(str(self.root / ".dvc"), validate=False).edit(level) as config:
                yield config
        except ConfigError as error:
            raise RemoteError(f"DVC refuses these settings: {error}") from None

    def _config(self, valid: bool = True) -> Any:
        from dvc.config import Config, ConfigError

        try:
            return Config(str(self.root / ".dvc"), validate=valid)
        except ConfigError as error:
            for name in self._level("repo")["remote"] if valid else ():
                self.refuse_moved(name)  # its settings in Git do not go with another address
            raise RemoteError(f"{self.root / '.dvc'}: its configuration is malformed: {error}") from None

    def _level(self, level: str) -> Any:
        return self._config(valid=False).read(level)


def replaced(settings: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """A remote's settings with a user's ``own`` in place of the credentials that were there.

    >>> replaced({"url": "s3://b", "profile": "old"}, {"access_key_id": "new"})
    {'url': 's3://b', 'access_key_id': 'new'}
    """
    dropped = CREDENTIALS if CREDENTIALS & own.keys() else frozenset[str]()
    kept = {key: value for key, value in settings.items() if key not in dropped}
    return {**kept, **own}


def refuse_unwritable(settings: Mapping[str, Any]) -> None:
    """Raise RemoteError for a setting that DVC cannot write: it takes printable ASCII alone."""
    for key, value in settings.items():
        if not (str(value).isascii() and str(value).isprintable()):
            shown = key if key in SECRETS else repr(value)
            raise RemoteError(
                f"{shown}: DVC's configuration takes no letters beyond ASCII and no line breaks: "
                "choose another"
            )


def find_project() -> Project:
    """The project around the current folder. Raises RemoteError outside of one."""
    from dvc.exceptions import NotDvcRepoError
    from dvc.repo import Repo

    try:
        return Project(Path(Repo.find_root()))
    except NotDvcRepoError:
        raise RemoteError("this is no project with DVC: run it in your clone of the project") from None
