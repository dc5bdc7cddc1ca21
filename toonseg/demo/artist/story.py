"""An episode's story: which scenes it tells, and which lines fall on which panel."""

from dataclasses import dataclass

import numpy as np

from toonseg.demo.artist.plan import seed
from toonseg.demo.artist.scripts import Line, Script


@dataclass(frozen=True)
class Beat:
    """One panel's worth of story."""

    scene: int
    place: str
    texts: tuple[Line, ...]
    empty: bool = False


def tell(script: Script, series: str, number: int, count: int, rng: np.random.Generator) -> tuple[Beat, ...]:
    """Choose an episode's scenes and share their lines out on ``count`` beats.

    Episodes take turns through the series' shuffled scenes, so neighbours share none.
    """
    order = seed(series, 0).permutation(len(script.scenes))
    beats: list[Beat] = []
    scene = 0
    while len(beats) < count:
        story = script.scenes[order[((number - 1) * 4 + scene) % len(order)]]
        lines = list(story.lines)
        opening = lines[0].who in "*#"
        first = [lines.pop(0)] if opening else []
        if not opening and rng.random() < 0.5:
            first = [Line("*", "caption", str(rng.choice(script.captions)))]
        beats.append(Beat(scene, story.place, tuple(first), empty=bool(rng.random() < 0.45)))
        while lines:
            take = 2 if len(lines) > 1 and (rng.random() < 0.4 or lines[1].who == "#") else 1
            beats.append(Beat(scene, story.place, tuple(lines[:take])))
            del lines[:take]
        if rng.random() < 0.5:
            sound = (Line("#", "sound", str(rng.choice(script.sounds))),) if rng.random() < 0.5 else ()
            beats.append(Beat(scene, story.place, sound, empty=bool(rng.random() < 0.25)))
        scene += 1
    return tuple(beats[:count])


def is_short(beat: Beat) -> bool:
    """Whether a beat fits a panel of half the width."""
    return not beat.empty and len(beat.texts) <= 1
