"""The playbooks (工作指引) of the reference city, one a category, as plain data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.dispatch.engine.problem import Mode, Section
from service.dispatch.rules import Rung
from service.tasks.rules import Level


@dataclass(frozen=True, slots=True)
class Playbook:
    """What a category asks for: the engine's parameters by mode, guidance by language."""

    category: str
    name: str
    name_en: str
    sections: Mapping[Mode, Section]
    levels: Mapping[Level, Mapping[str, Any]]
    """What a level of activation sets otherwise than the emergency section."""
    ladder: Sequence[tuple[Rung, float]]
    """Who is told when seats have been open for so many minutes."""
    guidance: Mapping[str, str]
    """zh and en."""


LEVELS: Mapping[Level, Mapping[str, Any]] = {
    Level.IV: {"calls_standby": False, "target_probability": 0.85},
    Level.III: {"calls_standby": False},
    Level.II: {},
    Level.I: {"target_probability": 0.95, "max_offers": 100},
}
LADDER = ((Rung.UNITS, 0.0), (Rung.NEIGHBOURS, 3.0), (Rung.TOWN, 6.0), (Rung.COUNTY, 12.0), (Rung.CITY, 24.0))

EMERGENCY_RESPONSE = Playbook(
    category="emergency_response",
    name="应急处突",
    name_en="Emergency response",
    sections={
        Mode.EMERGENCY: Section(
            calls_standby=True,
            reach_minutes=(10, 20, 40, 90),
            target_probability=0.9,
            acceptance_prior=((0, 0.2), (7, 0.4), (22, 0.3)),
            answer_minutes=3,
            move_minutes=10,
            max_offers=60,
        ),
        Mode.NORMAL: Section(
            reach_minutes=(15, 30, 60),
            target_probability=0.8,
            acceptance_prior=((0, 0.2), (7, 0.35), (22, 0.3)),
            answer_minutes=10,
            move_minutes=15,
            max_offers=30,
        ),
    },
    levels=LEVELS,
    ladder=LADDER,
    guidance={
        "zh": "先报警后处置：有人受伤或被困先拨 119、120，再集结。"
        "到场先向现场负责人报到，听从统一指挥，两人以上同行。"
        "不涉深水、不碰断落电线、不进入有倒塌危险的房屋；"
        "没有相应技能和装备的，只做警戒、疏导、转移和物资搬运。"
        "风力十级以上时停止户外作业，就近避险并报告位置。任务结束清点人数后再离开。",
        "en": "Call 119 or 120 first if anybody is hurt or trapped, then gather. "
        "Report to the person in charge on scene, take their orders "
        "and never work alone. Keep out of deep water, away from fallen wires and out of "
        "buildings that may collapse; without the skill and the gear, cordon, guide, evacuate and carry. "
        "Stop outdoor work from wind force 10, take shelter and say where you are. "
        "Count heads before leaving.",
    },
)

PUBLIC_REQUEST = Playbook(
    category="public_request",
    name="群众诉求",
    name_en="Public request",
    sections={
        Mode.NORMAL: Section(
            reach_minutes=(15, 30, 60),
            target_probability=0.8,
            acceptance_prior=((0, 0.2), (7, 0.35), (22, 0.3)),
            answer_minutes=20,
            move_minutes=30,
            max_offers=20,
        ),
        Mode.EMERGENCY: Section(
            calls_standby=True,
            reach_minutes=(15, 30, 60, 90),
            target_probability=0.8,
            acceptance_prior=((0, 0.2), (7, 0.4), (22, 0.3)),
            answer_minutes=5,
            move_minutes=15,
            max_offers=40,
        ),
    },
    levels=LEVELS,
    ladder=LADDER,
    guidance={
        "zh": "先听后办：当面问清诉求、地点和联系方式，能当场解决的当场解决，不能的说明去向和时限。"
        "属于职能部门的事项转交社区登记，不作超出权限的承诺。"
        "入户先说明身份，两人同行，不拍摄无关人员，不留存群众的证件信息。办结后请本人确认，不要求点赞、评分或转发。",
        "en": "Listen first: ask what is needed, where, and how to reach the person; settle "
        "what can be settled on the spot and say who will do the rest, and by when. "
        "Hand what belongs to a department to the community and promise nothing beyond your remit. "
        "Say who you are at the door, go in pairs, photograph nobody "
        "who is not concerned and keep no identity papers. Let the person confirm the outcome; "
        "never ask for likes, ratings or forwards.",
    },
)

PLAYBOOKS = (EMERGENCY_RESPONSE, PUBLIC_REQUEST)
