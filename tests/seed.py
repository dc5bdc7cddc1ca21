"""The label files of 2021, which lie beside the project on some machines: their counts, and a skip."""

from pathlib import Path

import pytest

SEED = next(
    (
        parent / "shared/seed"
        for parent in Path(__file__).resolve().parents
        if (parent / "shared/seed").is_dir()
    ),
    Path("shared/seed"),
)
needs_seed = pytest.mark.skipif(not SEED.is_dir(), reason="the labels of 2021 are not on this machine")

# A label file, its list, its images and its instances.
FILES = {
    "train_free_draw_annotations.json": ("train_free_draw.txt", 188, 1286),
    "val_free_draw_annotations.json": ("val_free_draw.txt", 22, 143),
    "train_love_revolutaion_annotations.json": ("train_love_revolution.txt", 82, 617),
    "val_love_revolutaion_annotations.json": ("val_love_revolution.txt", 9, 57),
}
PER_CLASS = {
    "hair": 658,
    "dress-shirt": 290,
    "T-shirt": 232,
    "pants": 181,
    "skirt": 48,
    "outer": 403,
    "tie": 185,
    "vest": 106,
}
