"""A remote as DVC opens it: its settings, its files, its objects."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from toonseg.remote.address import Kind
from toonseg.remote.faults import RemoteError, told

# For our own requests alone: what DVC itself does waits longer.
_PATIENCE: Mapping[Kind, Mapping[str, Any]] = {
    "s3": {"connect_timeout": 10, "read_timeout": 30},
    "ssh": {"timeout": 30},
    "folder": {},
}
_ANSWER_S = 60  # then a server that takes connections and says nothing counts as none
CREDENTIALS = frozenset(
    {"access_key_id", "secret_access_key", "session_token", "profile", "credentialpath", "configpath"}
)


@dataclass(frozen=True)
class Place:
    """A remote: its name, its kind and its settings, those of every level of DVC's configuration together."""

    name: str
    kind: Kind
    settings: Mapping[str, Any]

    @property
    def url(self) -> str:
        """Where it is, as the settings say it."""
        return str(self.settings["url"])

    @property
    def path(self) -> str:
        """Its path, as its file system has it."""
        return str(self._opened[1])

    @property
    def fs(self) -> Any:
        """DVC's file system for it."""
        return self._opened[0]

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        return _open(self.kind, self.settings)

    @property
    def objects_path(self) -> str:
        """Where DVC keeps its objects there."""
        return str(self.fs.join(self.path, "files", "md5"))

    @cached_property
    def stranger(self) -> Any:
        """The file system of an S3 remote as somebody without keys sees it."""
        bare = {key: value for key, value in self.settings.items() if key not in CREDENTIALS}
        return _open(self.kind, {**bare, "allow_anonymous_login": "true"})[0]

    def try_reading(self) -> None:
        """List the remote's own folder; an empty one is well. Raises RemoteError with the reason."""
        with told(self.url, "read"):
            underlying = self.fs.fs
            underlying.invalidate_cache()
            try:
                self._list(underlying)
            except FileNotFoundError as error:
                if self.kind == "s3" and error.__cause__ is None:
                    return  # nothing was pushed to this path of the bucket yet
                if self.kind != "s3" and underlying.isfile(self.path):
                    raise RemoteError(f"{self.url} is a file there: give a folder") from None
                if self.kind != "s3":
                    raise RemoteError(f"{self.url}: the folder does not exist: make it there") from None
                raise

    def _list(self, underlying: Any) -> None:
        if self.kind == "folder":
            underlying.ls(self.path, detail=False)
            return
        from fsspec.asyn import sync

        # Without a limit on all of it, S3's libraries try again and again, for a quarter of an hour.
        sync(underlying.loop, underlying._ls, self.path, detail=False, timeout=_ANSWER_S)

    @contextmanager
    def probe(self) -> Iterator[str]:
        """Write a small object, read it back, give its path, and delete it at the end.

        Raises RemoteError with the reason when one of these fails.
        """
        path, said = str(self.fs.join(self.path, f".probe-{uuid.uuid4().hex}")), uuid.uuid4().bytes
        try:
            with told(self.url, "write"):
                self.fs.pipe_file(path, said)
            with told(self.url, "read"):
                if self.fs.cat_file(path) != said:
                    raise RemoteError(f"{self.url}: what is written there comes back changed: do not use it")
        except RemoteError:
            with suppress(RemoteError):
                self._remove(path)  # a full disk keeps the name
            raise
        try:
            yield path
        finally:
            self._remove(path)

    def _remove(self, path: str) -> None:
        with told(self.url, "delete"):
            self.fs.rm_file(path)


def _open(kind: Kind, settings: Mapping[str, Any]) -> tuple[Any, str]:
    from dvc.config import ConfigError
    from dvc.fs import get_cloud_fs
    from dvc_objects.fs.errors import RemoteMissingDepsError

    values = {key: _text(value) for key, value in {**_PATIENCE[kind], **settings}.items()}
    try:
        kind_of_fs, config, path = get_cloud_fs(None, **values)
        return kind_of_fs(**config), path
    except (ConfigError, RemoteMissingDepsError) as error:
        raise RemoteError(f"{settings['url']}: {error}") from None


def _text(value: Any) -> Any:
    """A setting as the configuration's text, which is what DVC checks."""
    return str(value).lower() if isinstance(value, bool) else value
