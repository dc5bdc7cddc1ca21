"""A project folder with the pages and strips of two drawn episodes, for tests of labels."""

import hashlib
from pathlib import Path

from toonseg.archive import write_episode
from toonseg.demo.artist.episode import draw_episode
from toonseg.images import size
from toonseg.labelling.project import Project
from toonseg.pages import link_series
from toonseg.records import Page, Placement
from toonseg.store import write_table

CLASSES = ("hair", "dress-shirt", "T-shirt", "pants", "skirt", "outer", "tie", "vest")


def draw_project(root: Path, series: str = "after-class", episodes: int = 2) -> Project:
    """Draw the first episodes of a series, and write their archives, strips and a params.yaml."""
    (root / "params.yaml").write_text(f"classes: [{', '.join(CLASSES)}]\n")
    for number in range(1, episodes + 1):
        pages = []
        for at, (name, data) in enumerate(draw_episode(series, number).pages, 1):
            digest = hashlib.sha256(data).hexdigest()
            pages.append((Page(series, str(number), at, name, *size(data, name), 1, len(data), digest), data))
        write_episode(root / f"data/pages/{series}/{number}.cbz", pages, {})
    write_table(root / f"data/strips/{series}.csv", link_series(root / "data/pages" / series), Placement)
    return Project(root)
