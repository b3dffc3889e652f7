"""应急处突: typhoons, floods, fires, burst mains, people missing or trapped."""

from service.demo.playbooks.playbook import Playbook, ladder, levels
from service.dispatch.engine.problem import Mode, Section

EMERGENCY_RESPONSE = Playbook(
    category="emergency_response",
    name_zh="应急处突",
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
            rest_minutes=120,
            confirm_minutes=30,
        ),
        Mode.NORMAL: Section(
            reach_minutes=(15, 30, 60),
            target_probability=0.8,
            acceptance_prior=((0, 0.2), (7, 0.35), (22, 0.3)),
            answer_minutes=10,
            move_minutes=15,
            max_offers=30,
            rest_minutes=60,
            confirm_minutes=60,
        ),
    },
    levels=levels(lowest=0.85, highest=0.95, most_offers=100),
    ladder=ladder(neighbours=3, town=6, county=12, city=24),
    guidance={
        "zh": "先报警后处置：有人受伤或被困先拨 119、120，再集结。\n"
        "出发前：穿防滑的鞋和反光背心，带手机、充电宝、手电和饮水。身体不适、喝过酒、家里有老人孩子离不开的，请直接退出，"
        "不用说明理由。\n"
        "到场：先向现场负责人报到，听从统一指挥，两人以上同行。不涉深水、不碰断落电线、不进入有倒塌危险的房屋；"
        "没有相应技能和装备的，只做警戒、疏导、转移和物资搬运。\n"
        "转移群众：先老人、孩子、孕产妇和行动不便的人；敲门要等到回应，没有回应的记下门牌报现场负责人；"
        "问清是否带了常用药，说清去哪里、怎么回。\n"
        "台风：风力十级以上时停止户外作业，就近避险并报告位置；风忽然停了可能是台风眼过境，不要出来。\n"
        "落水：先抛救生圈、绳索和竹竿；没有水上救援技能的不下水。\n"
        "离开：清点人数、交还物资、把没做完的事当面交给接手的人。"
        "不用打卡，不摆拍；只在指挥要判断情况时拍照，不拍伤者和群众的脸，不发群聊。",
        "en": "Call 119 or 120 first if anybody is hurt or trapped, then gather.\n"
        "Before you leave: shoes that grip and a reflective vest; phone, power bank, torch and water. If you are "
        "unwell, have been drinking, or are needed at home, simply withdraw; you owe nobody a reason.\n"
        "On scene: report to the person in charge, take their orders and never work alone. Keep out of deep water, "
        "away from fallen wires and out of buildings that may collapse; without the skill and the gear, cordon, "
        "guide, evacuate and carry.\n"
        "Moving people: the old, children, pregnant women and those who cannot walk well come first. Knock until "
        "somebody answers; where nobody does, note the number for the person in charge. Ask for their medicines, and "
        "tell them where they go and how they get back.\n"
        "Typhoon: stop outdoor work from wind force 10, take shelter and say where you are. When the wind drops all "
        "at once it may be the eye: stay inside.\n"
        "Somebody in the water: throw a ring, a rope or a pole; do not go in without the skill of water rescue.\n"
        "Leaving: count heads, hand back what you were lent, and hand over in person what is not done. Nobody clocks "
        "in or poses; take pictures only where those in charge need them to judge, of nobody's face, and post none.",
    },
)
