"""The classes of the masks, as params.yaml lists them."""

from pathlib import Path

from toonseg.errors import ParamsError
from toonseg.params import PARAMS_FILE, find_section, read_yaml


def load_classes(path: Path = PARAMS_FILE) -> tuple[str, ...]:
    """Read the names of the classes, in the order of their ids: the first one's id is 1.

    Raises ParamsError when the section is no list of different names.
    """
    names = find_section(read_yaml(path), "classes", path)
    where = f"{path}, section 'classes'"
    if not isinstance(names, list) or not names:
        raise ParamsError(f"{where}: must list at least one class, got {names!r}")
    for name in names:
        if not isinstance(name, str) or not name.strip():
            raise ParamsError(f"{where}: each class must be a name in text, got {name!r}")
        if names.count(name) > 1:
            raise ParamsError(f"{where}: the class {name!r} stands there twice: keep one")
    return tuple(names)
