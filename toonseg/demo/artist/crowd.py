"""Where the people of a panel stand, how large they are, and where they look."""

from collections.abc import Sequence

import numpy as np

from toonseg.demo.artist.people import Facing
from toonseg.demo.artist.plan import Part, Shot
from toonseg.demo.artist.scripts import Line


def place_people(
    texts: Sequence[Line], shot: Shot, heads: float, width: int, height: int, rng: np.random.Generator
) -> tuple[Part, ...]:
    """Place one to three people, the speakers first, nearer ones larger and lower."""
    speakers = [" abc".index(text.who) - 1 for text in texts if text.who in "abc"]
    present = list(dict.fromkeys(speakers)) or [int(rng.integers(3))]
    most = {"close": 2}.get(shot, 3) if width >= 380 else 1
    wanted = min(most, max(len(present), int(rng.choice([1, 2, 3], p=[0.42, 0.4, 0.18]))))
    others = [who for who in (0, 1, 2, 3, 4) if who not in present]
    rng.shuffle(others)
    present = (present + others)[:wanted]
    head = {
        "close": height * 1.15,
        "near": height * 0.46,
        "middle": height / 4.1,
        "far": height * 0.84 / heads,
    }[shot]
    fit = width / (0.6 + 1.5 * wanted) * {"close": 1.8, "near": 1.25}.get(shot, 1.0)
    head = min(head, fit) * float(rng.uniform(0.92, 1.08))
    crown = {"close": -0.25, "near": 0.22, "middle": 0.2, "far": 0.12}[shot] * height
    if len(texts) > 1:
        crown += 0.05 * height
    if shot == "far":
        crown = height * float(rng.uniform(0.93, 1.08)) - heads * head
    pitch = min(head * float(rng.uniform(1.2, 1.9)), width * 0.8 / wanted)
    middle = width * (0.5 + float(rng.uniform(-0.14, 0.14)) * (1.0 if wanted == 1 else 0.4))
    if shot != "far" and rng.random() < 0.14:
        middle += float(rng.choice([-1.0, 1.0])) * width * 0.24  # somebody is cut off by the frame
    places = rng.permutation(wanted)
    talking = min(len(dict.fromkeys(speakers)), wanted)
    places[:talking] = np.sort(places[:talking])  # who speaks first stands on the left
    parts = []
    for order, who in enumerate(present):
        depth = float(rng.uniform(0.9, 1.06))
        x = middle + (float(places[order]) - (wanted - 1) / 2) * pitch
        y = crown + (1 - depth) * head * 1.5 + float(rng.uniform(0, 0.25)) * head
        tone = next((text.tone for text in texts if text.who == "abcde"[who]), "")
        facing = _facing(int(places[order]), wanted, bool(tone) or shot in ("close", "near"), rng)
        parts.append(Part(who, x, y, head * depth, facing, tone))
    return tuple(sorted(parts, key=lambda part: part.head_px))


def _facing(place: int, count: int, seen: bool, rng: np.random.Generator) -> Facing:
    """Where somebody looks who stands at ``place`` of ``count`` from the left: mostly at the others."""
    chance = rng.random()
    if not seen and chance > 0.93:
        return "back"
    if chance < 0.42:
        return "front"
    inward: Facing = "right" if place < (count - 1) / 2 else "left"
    outward: Facing = "left" if inward == "right" else "right"
    return inward if chance < (0.86 if count > 1 else 0.7) else outward
