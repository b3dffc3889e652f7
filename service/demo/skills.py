"""The skills that members may have."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Skill:
    """A skill of the catalogue."""

    code: str
    name: str
    name_en: str


@dataclass(frozen=True, slots=True)
class MemberSkill:
    """A skill of a member; days from the day of loading to its expiry, negative when it has expired."""

    code: str
    expires_in_days: int | None = None


SKILLS = (
    Skill("first_aid", "急救", "First aid"),
    Skill("medical", "医护", "Medical care"),
    Skill("driving", "驾驶", "Driving"),
    Skill("boat", "驾船", "Boat handling"),
    Skill("water_rescue", "水上救援", "Water rescue"),
    Skill("drone", "无人机", "Drone piloting"),
    Skill("electrics", "电工", "Electrical work"),
    Skill("chainsaw", "油锯", "Chainsaw"),
    Skill("plumbing", "管道维修", "Plumbing"),
    Skill("logistics", "物资保障", "Logistics"),
    Skill("interpreter", "方言翻译", "Dialect interpreting"),
    Skill("counselling", "心理疏导", "Counselling"),
)
_SHARES = (0.20, 0.08, 0.20, 0.05, 0.05, 0.05, 0.08, 0.05, 0.05, 0.10, 0.05, 0.04)
"""How common each is among the skills held."""
_HOW_MANY = (0.30, 0.35, 0.23, 0.12)
"""Shares of members with 0, 1, 2 and 3 skills."""
_WITH_EXPIRY = 0.14
"""The share of skills held that expire: about a tenth of the members have one that does, or two."""
_EXPIRIES = ((-120, -1), (0, 30), (31, 730))
_EXPIRY_SHARES = (0.2, 0.2, 0.6)


def skills_of_member(rng: np.random.Generator) -> tuple[MemberSkill, ...]:
    """None to three different skills, in the order of the catalogue."""
    count = int(rng.choice(4, p=_HOW_MANY))
    chosen = sorted(rng.choice(len(SKILLS), count, replace=False, p=_SHARES).tolist())
    return tuple(MemberSkill(SKILLS[i].code, _expiry(rng)) for i in chosen)


def _expiry(rng: np.random.Generator) -> int | None:
    if rng.random() >= _WITH_EXPIRY:
        return None
    first, last = _EXPIRIES[int(rng.choice(3, p=_EXPIRY_SHARES))]
    return int(rng.integers(first, last + 1))
