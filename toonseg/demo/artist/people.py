"""The people of a demo series: who they are, what they wear, and how one is drawn."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from toonseg.demo.artist import arms, bottoms, faces, hair, legs, outers, shirts, ties
from toonseg.demo.artist.cloth import Worn
from toonseg.demo.artist.hair import Hair
from toonseg.demo.artist.haircuts import cuts_for
from toonseg.demo.artist.heads import EXPRESSIONS, Expression, Face, draw_head, head_outline
from toonseg.demo.artist.ink import Canvas, Rgb
from toonseg.demo.artist.pens import Frame, Pen
from toonseg.demo.artist.poses import POSES, Arm, Body, Joints, Pose
from toonseg.demo.artist.shapes import curve, moved
from toonseg.demo.artist.styles import Style
from toonseg.demo.artist.wardrobe import Outfit, wardrobe

Facing = Literal["front", "left", "right", "back"]
__all__ = ["EXPRESSIONS", "POSES", "Character", "Expression", "Facing", "Outfit", "cast", "draw_person"]

_KNITTED = {"sweatshirt", "knit", "turtleneck", "hoodie", "cardigan", "jacket"}
_NAMES = ("Haru", "Mina", "Joon", "Sora", "Dami", "Taeo", "Yuri", "Kang")


@dataclass(frozen=True)
class Character:
    """One of a series' recurring people; the first outfit is what she or he mostly wears."""

    name: str
    feminine: bool
    bulk: float
    skin: Rgb
    face: Face
    hair: Hair
    outfits: tuple[Outfit, ...]


def cast(style: Style, rng: np.random.Generator) -> tuple[Character, ...]:
    """Draw up the eight people of a series, no two with the same cut or colour of hair."""
    people = []
    taken: set[str] = set()
    colours = rng.permutation(len(style.hairs))
    for index, name in enumerate(_NAMES):
        feminine = index % 2 == 1
        cuts = [cut for cut in cuts_for(feminine=feminine) if cut not in taken]
        cut = str(rng.choice(cuts))
        taken.add(cut)
        face = Face(
            iris=style.irises[int(rng.integers(len(style.irises)))],
            feminine=feminine,
            glasses=index in {2, 5},
            freckles=index == 3,
        )
        tie = style.ties[int(rng.integers(len(style.ties)))]
        people.append(
            Character(
                name=name,
                feminine=feminine,
                bulk=float(rng.uniform(0.94, 1.08)),
                skin=style.skins[int(rng.choice(len(style.skins), p=(0.4, 0.3, 0.2, 0.1)))],
                face=face,
                hair=Hair(
                    cut, style.hairs[int(colours[index % len(colours)])], tie, int(rng.integers(1 << 30))
                ),
                outfits=wardrobe(style, rng, feminine=feminine, index=index),
            )
        )
    return tuple(people)


def draw_person(
    canvas: Canvas,
    style: Style,
    character: Character,
    *,
    x: float,
    y: float,
    head_px: float,
    pose: str,
    outfit: Outfit,
    facing: Facing,
    rng: np.random.Generator,
    expression: Expression = "calm",
) -> None:
    """Draw a person whose crown is at ``x, y`` and whose head is ``head_px`` px from crown to chin.

    Hair rises some 0.12 heads above the crown; a standing figure is ``style.figure.heads`` heads high.
    ``pose`` is a key of ``POSES``. One instance is opened for the hair and one for each garment;
    what is skin, shoe or bag takes pixels away from whatever lies below it.
    """
    stance = _vary(POSES[pose], rng)
    turned = facing in {"left", "right"}
    body = Body.of(
        style, feminine=character.feminine, turned=turned, back=facing == "back", bulk=character.bulk
    )
    mirror = facing == "left" or (not turned and bool(rng.integers(2)))
    frame = Frame.place(x, y, head_px, mirror=mirror, lean=stance.lean)
    upright = Pen(canvas, style, frame, head_px)
    figure = _Figure(upright, body, character, outfit, stance, canvas.new_instance("hair"), expression)
    figure.draw()


def _vary(pose: Pose, rng: np.random.Generator) -> Pose:
    """The pose with slightly other arms, so that no two drawings agree."""

    def shake(arm: Arm) -> Arm:
        a, b, c, d = rng.uniform(-0.04, 0.04, 4)
        return replace(
            arm, upper=(arm.upper[0] + a, arm.upper[1] + b), fore=(arm.fore[0] + c, arm.fore[1] + d)
        )

    left, right = pose.arms
    return replace(pose, arms=(shake(left), shake(right)), tilt=pose.tilt + float(rng.uniform(-0.05, 0.05)))


@dataclass(frozen=True)
class _Figure:
    """One drawing of a person, layer by layer from the back."""

    pen: Pen
    body: Body
    character: Character
    outfit: Outfit
    pose: Pose
    hair_owner: int
    expression: Expression

    def draw(self) -> None:
        """Draw everything: hair behind, legs, trunk, arms, head, and what is before the face."""
        turned = self.body.turned
        head = self.pen.at(0.02 if turned else 0.0, 0.95, self.pose.tilt).at(0.0, -0.45)
        if not self.body.back:
            hair.draw_behind(head, self.character.hair, self.hair_owner, turned=turned)
        canvas = self.pen.canvas
        owners = {piece.class_name: canvas.new_instance(piece.class_name) for piece in self.outfit.garments}
        self._arms("behind", owners)
        self._trunk(owners)
        self._arms("front", owners)
        if self.body.back:
            hair.draw_back_of_head(head, self.character.hair, self.hair_owner)
        else:
            self._head(head)
        self._arms("face", owners)

    def _arms(self, layer: str, owners: dict[str, int]) -> None:
        sleeves = self._sleeves(owners)
        for arm, side in zip(self.pose.arms[::-1], (1, -1), strict=True):
            seen = arm.layer
            if self.body.back:
                seen = "front" if arm.layer == "behind" or arm.fore[0] > -0.2 < arm.fore[1] else "behind"
            if seen == layer:
                arms.draw_arm(
                    self.pen,
                    self.body,
                    arm,
                    side,
                    skin=self.character.skin,
                    sleeves=sleeves,
                    pocket=self._pocket(owners),
                )

    def _pocket(self, owners: dict[str, int]) -> arms.Cloth | None:
        """The cloth whose pockets hands go into."""
        outer, pants = self.outfit.worn("outer"), self.outfit.worn("pants")
        if outer is not None and outers.CUTS[outer.cut].hem > 3.25:
            return arms.Cloth(outer.rgb, owners["outer"])
        return None if pants is None else arms.Cloth(pants.rgb, owners["pants"])

    def _sleeves(self, owners: dict[str, int]) -> list[arms.Sleeve]:
        """Sleeves from the innermost out; one that another hides is left to peep out as a cuff."""
        sleeves = []
        for class_name in ("T-shirt", "dress-shirt", "outer"):
            piece = self.outfit.worn(class_name)
            if piece is None or piece.sleeves == "none":
                continue
            length, ease = {"short": 0.62, "long": 1.97}[piece.sleeves], 0.035
            cuff = piece.rgb if class_name == "dress-shirt" else None
            if class_name == "outer":
                length, ease = 1.9, outers.CUTS[piece.cut].ease * 0.6
                cuff = piece.trim if piece.cut == "jacket" else None
            sleeves.append(
                arms.Sleeve(piece.rgb, owners[class_name], length, ease, cuff, piece.cut in _KNITTED)
            )
        return sleeves

    def _trunk(self, owners: dict[str, int]) -> None:
        """Legs, neck and garments: a tucked shirt below skirt or pants, a loose one above."""
        pen, body, outfit = self.pen, self.body, self.outfit
        joints = [body.leg_joints(leg, side) for leg, side in zip(self.pose.legs, (-1, 1), strict=True)]
        self._legs(joints)
        self._neck()
        shirt, top, vest, tie, outer = map(outfit.worn, ("dress-shirt", "T-shirt", "vest", "tie", "outer"))
        tucked = any(inner is not None and inner.tucked for inner in (shirt, top))
        if not tucked:
            self._below_waist(owners, joints)
        if shirt is not None:
            shirts.draw_shirt(Worn(pen, body, shirt, owners["dress-shirt"]))
        if top is not None:
            shirts.draw_tshirt(Worn(pen, body, top, owners["T-shirt"]))
        if tucked:
            self._below_waist(owners, joints)
        bow = tie is not None and tie.cut == "bow"
        if tie is not None and not bow:
            ties.draw_tie(Worn(pen, body, tie, owners["tie"]))
        if vest is not None:
            ties.draw_vest(Worn(pen, body, vest, owners["vest"]))
        if shirt is not None:
            shirts.draw_collar(Worn(pen, body, shirt, owners["dress-shirt"]))
        if outer is not None:
            outers.draw_outer(Worn(pen, body, outer, owners["outer"]))
        if tie is not None and bow:
            ties.draw_tie(Worn(pen, body, tie, owners["tie"]))

    def _legs(self, joints: list[Joints]) -> None:
        outfit, pants = self.outfit, self.outfit.worn("pants")
        if not self.pen.shows(min(knee[1] for _, knee, _ in joints) - 0.6):
            return
        if pants is not None and pants.cut != "shorts":
            bottoms.draw_shoes(self.pen, self.body, joints, outfit.shoe)
            return
        look = legs.Legwear(self.character.skin, outfit.sock, outfit.sock_high, outfit.shoe)
        legs.draw_legs(self.pen, self.body, joints, look)

    def _below_waist(self, owners: dict[str, int], joints: list[Joints]) -> None:
        pen, body = self.pen, self.body
        if not pen.shows(body.down(2.4)):
            return
        pants, skirt = self.outfit.worn("pants"), self.outfit.worn("skirt")
        if pants is not None:
            bottoms.draw_pants(Worn(pen, body, pants, owners["pants"]), joints)
        if skirt is not None:
            bottoms.draw_skirt(Worn(pen, body, skirt, owners["skirt"]), joints, seated=self.pose.seated)

    def _neck(self) -> None:
        """Neck and collar bones, with the shadow of the chin."""
        body, pen, skin = self.body, self.pen, self.character.skin
        half = (
            ("neck", 0.0, -0.3),
            ("neck", 0.01, -0.02),
            ("slope", 0.0, 0.0),
            ("shoulder", -0.04, 0.03),
            ("pit", -0.02, 0.0),
        )
        region = pen.part(skin, None, body.outline(half))
        if body.back:
            return
        chin = head_outline(pen.style, turned=body.turned, feminine=body.feminine)
        pen.shadow(moved(chin, 0.02 + 0.03 * pen.lit, 0.5 + 0.16), region)
        if pen.fine(0.02):
            for side in (-1, 1):
                x, y = body.point(side * 0.06, 1.33)
                pen.line(
                    curve(
                        [(x, y + 0.02), (x + side * 0.15, y - 0.015), (x + side * 0.32, y - 0.04)],
                        closed=False,
                    ),
                    skin,
                    0.8,
                    within=region,
                )

    def _head(self, head: Pen) -> None:
        person, turned = self.character, self.body.turned
        region = draw_head(head, person.face, person.skin, turned=turned)
        cast_by = hair.fringe_shadow(person.hair.cut, turned=turned)
        head.shadow(moved(cast_by, 0.012 * head.lit, 0.04), region)
        faces.draw_features(
            head, person.face, person.skin, person.hair.rgb, region, turned=turned, expression=self.expression
        )
        hair.draw_crown(head, person.hair, self.hair_owner, turned=turned)
