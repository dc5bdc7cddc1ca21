"""Pages as people keep them, in folders, ZIP and CBZ files: what is a page, and how archives are broken."""

import zipfile
import zlib
from pathlib import PurePosixPath

ARCHIVES = frozenset({".zip", ".cbz"})
# What zipfile raises for entries that are damaged, encrypted or packed in a way that it does not know.
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)
# What lies beside pages and is none: tables of comic readers and of this project, leftovers of systems.
_NO_PAGES = frozenset({".json", ".xml", ".nfo", ".db", ".ini"})


def is_page(name: str) -> bool:
    """Whether a file counts as a page: all do but hidden ones and those that lie beside pages.

    >>> [is_page(name) for name in ("1.jpg", "a/2.png", "ComicInfo.xml", ".DS_Store", "__MACOSX/1.jpg")]
    [True, True, False, False, False]
    """
    path = PurePosixPath(name)
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    return not hidden and path.suffix.lower() not in _NO_PAGES
