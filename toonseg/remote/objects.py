"""The objects that dvc.lock names: which of them a remote lacks or holds corrupted, and mending that."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from toonseg.console import progress
from toonseg.remote.faults import told
from toonseg.remote.place import Place

_DIGEST = re.compile(r'"?([0-9a-f]{32})"?')


@dataclass(frozen=True)
class Objects:
    """The objects that a project's outputs are made of, by their names (MD5 digests, with .dir for lists).

    ``unknown`` are lists of a folder's files that are to be had neither here nor there.
    """

    names: frozenset[str]
    unknown: frozenset[str]


@dataclass(frozen=True)
class Faults:
    """Names of objects that a remote lacks, and of those whose bytes are not what their name says."""

    missing: frozenset[str]
    corrupt: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Both together."""
        return self.missing | self.corrupt


class Store:
    """A project's cache and a remote, side by side."""

    def __init__(self, repo: Any, place: Place) -> None:
        from dvc_data.hashfile.db import get_odb

        self._repo, self._place = repo, place
        self._here = repo.cache.local
        self._there: Any = get_odb(place.fs, place.objects_path, hash_name="md5", **place.settings)  # type: ignore[no-untyped-call]

    def wanted(self) -> Objects:
        """Every object that the outputs of dvc.lock and of .dvc files need."""
        names: set[str] = set()
        unknown: set[str] = set()
        for out in self._repo.index.outs:
            if not (out.use_cache and out.can_push and out.hash_info and out.hash_info.name == "md5"):
                continue
            names.add(out.hash_info.value)
            if out.hash_info.isdir:
                tree = self._tree(out.hash_info)
                if tree is None:
                    unknown.add(out.hash_info.value)
                else:
                    names.update(entry.value for _, _, entry in tree)
        return Objects(frozenset(names), frozenset(unknown))

    def faults(self, names: Collection[str], deep: bool) -> Faults:
        """Compare what is there with ``names``: sizes and S3's digests, or with ``deep`` every byte."""
        there = self._listed()
        missing = frozenset(name for name in names if name not in there)
        present = sorted(name for name in names if name in there)
        suspects = present if deep else [name for name in present if self._suspect(name, there[name])]
        read = progress(suspects, "Reading", "object")
        return Faults(missing, frozenset(name for name in read if not self._whole(self._there, name)))

    def mend(self, faults: Faults) -> frozenset[str]:
        """Send again what the remote lacks, and put whole objects in place of corrupted ones.

        Gives the names that could not be mended, because the cache holds no whole object of them. Lists of
        folders go last, so that one that is there has all its files.
        """
        able = frozenset(name for name in faults.all if self._whole(self._here, name))
        for names in ([n for n in able if not n.endswith(".dir")], [n for n in able if n.endswith(".dir")]):
            self._send(sorted(names), faults.corrupt)
        return faults.all - able

    def _send(self, names: list[str], corrupt: Collection[str]) -> None:
        if not names:
            return
        with told(self._place.url, "write"):
            for name in names:
                if name in corrupt:
                    self._there.fs.rm_file(self._there.oid_to_path(name))
            paths = [self._here.oid_to_path(name) for name in names]
            self._there.add(paths, self._here.fs, names, check_exists=False)

    def _tree(self, wanted: Any) -> Any:
        """The list of a folder's files, from the cache or else from the remote; None without it."""
        from dvc_data.hashfile.tree import Tree
        from dvc_objects.errors import ObjectFormatError

        with told(self._place.url, "read"):
            for store in (self._here, self._there):
                with suppress(ObjectFormatError, FileNotFoundError):
                    return Tree.load(store, wanted)
        return None

    def _listed(self) -> Mapping[str, Mapping[str, Any]]:
        """What a listing tells about each object there, by its name."""
        root = self._there.path
        with told(self._place.url, "read"):
            underlying = self._there.fs.fs
            underlying.invalidate_cache()
            if self._place.kind == "folder":  # its file system lists paths alone
                return dict(_named({path: underlying.info(path) for path in underlying.find(root)}))
            try:
                return dict(_named(underlying.find(root, detail=True)))
            except FileNotFoundError:
                return {}

    def _suspect(self, name: str, info: Mapping[str, Any]) -> bool:
        """Whether an object must be read to be believed: another size than here, or another digest."""
        digest = _DIGEST.fullmatch(str(info.get("ETag", "")))
        if digest:
            return digest[1] != name.removesuffix(".dir")
        try:
            return bool(self._here.fs.size(self._here.oid_to_path(name)) != info["size"])
        except FileNotFoundError:
            return True

    def _whole(self, store: Any, name: str) -> bool:
        """Whether a store's object has the bytes that its name says; they are read and hashed."""
        from dvc_data.hashfile.hash import file_md5

        with told(self._place.url, "read"):
            try:
                return bool(file_md5(store.oid_to_path(name), store.fs) == name.removesuffix(".dir"))
            except FileNotFoundError:
                return False


def _named(listed: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, info in listed.items():
        *_, prefix, rest = path.rsplit("/", 2)
        yield prefix + rest, info


def some(names: Iterable[str], most: int = 3) -> str:
    """The first few of many names.

    >>> some(["c", "a", "b", "d"])
    'a, b, c and 1 more'
    """
    ordered = sorted(names)
    more = f" and {len(ordered) - most} more" if len(ordered) > most else ""
    return ", ".join(ordered[:most]) + more
