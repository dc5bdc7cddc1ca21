"""What a test set may owe to the training set: episodes on both sides, and panels that look the same."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from toonseg.digests import bits_apart
from toonseg.report.sources import ShownPanel


@dataclass(frozen=True)
class Twins:
    """A test panel and the training panel that looks most like it; ``bits`` of 256 tell how unlike."""

    test: int
    train: int
    bits: int


def shared_episodes(panels: Sequence[ShownPanel]) -> list[tuple[str, str, int, int]]:
    """Series, episode, and panels on each side (train, test) of the episodes that stand on both."""
    sides: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: {"train": 0, "test": 0})
    for panel in panels:
        if panel.side in ("train", "test"):
            sides[panel.series, panel.episode][panel.side] += 1
    return [(*key, its["train"], its["test"]) for key, its in sides.items() if its["train"] and its["test"]]


def twins(panels: Sequence[ShownPanel], hashes: Mapping[int, str], most_bits: int) -> list[Twins]:
    """Test panels for which a training panel differs in at most ``most_bits``, the most alike first.

    ``hashes`` are the panels' perceptual hashes by their number.
    """
    train = [number for number, panel in enumerate(panels) if panel.side == "train"]
    test = [number for number, panel in enumerate(panels) if panel.side == "test"]
    if not (train and test):
        return []
    known = [hashes[number] for number in train]
    found = []
    for number in test:
        apart = bits_apart(hashes[number], known)
        nearest = int(apart.argmin())
        if apart[nearest] <= most_bits:
            found.append(Twins(number, train[nearest], int(apart[nearest])))
    return sorted(found, key=lambda its: (its.bits, its.test))
