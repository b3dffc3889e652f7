"""项目建设: land and pipes to be agreed on, noise, traffic, papers; and sites in a storm."""

from service.demo.playbooks.playbook import Playbook, ladder, levels
from service.dispatch.engine.problem import Mode, Section

PROJECT_CONSTRUCTION = Playbook(
    category="project_construction",
    name_zh="项目建设",
    name_en="Project construction",
    sections={
        Mode.NORMAL: Section(
            reach_minutes=(20, 40, 90),
            target_probability=0.75,
            acceptance_prior=((0, 0.17), (8, 0.35), (18, 0.25), (22, 0.17)),
            answer_minutes=45,
            move_minutes=40,
            max_offers=20,
            rest_minutes=30,
        ),
        Mode.EMERGENCY: Section(
            calls_standby=True,
            reach_minutes=(15, 30, 60, 90),
            target_probability=0.85,
            acceptance_prior=((0, 0.2), (7, 0.4), (22, 0.3)),
            answer_minutes=5,
            move_minutes=15,
            max_offers=50,
            rest_minutes=60,
            confirm_minutes=60,
        ),
    },
    levels=levels(lowest=0.8, highest=0.93, most_offers=90),
    ladder=ladder(neighbours=30, town=60, county=240, city=720),
    guidance={
        "zh": "进工地：戴安全帽、穿反光衣和硬底鞋，由项目安全员带着走划定的路；"
        "不进基坑和吊装半径，不碰机械、电箱和脚手架。\n"
        "谈用地：带上批准文件、红线图和补偿标准的复印件，照着文件说；文件里没有的不解释、不猜，更不许诺数额和时间。"
        "不参加任何强制性的工作，群众不愿谈就告辞。\n"
        "听扰民：记下哪一天、几点到几点、哪个方位的什么声音或灰尘，和施工方当面商定停工时段、洒水和绕行，"
        "把结果和电话贴在楼下。\n"
        "管线不明不动土：开挖前问齐水、电、气、通信各家和军用光缆，有一家没回话就不开工。\n"
        "疏导交通：听交警安排，站在来车看得见的地方，先给老人孩子和急救车让路。\n"
        "代办要件：一次讲清要哪些材料、去哪个窗口、几天办结；只送件取件，不替人签字盖章，不打招呼、不催审批人。\n"
        "护隐私：被征收户的家庭情况和补偿数额不外传，不拍户内，不在群里点名。\n"
        "险情：基坑进水、围挡倒伏、塔吊失稳，先撤人、拉警戒、清点人数，报应急和住建部门，只在外围值守。\n"
        "不添负担：一件事跟到底，不为汇报开现场会，不拍摆样子的照片，不要项目部准备材料和横幅。",
        "en": "On a site: helmet, reflective vest and hard soles; follow the safety officer on the marked way. Keep "
        "out of pits and of the radius of cranes; hands off machines, switchboards and scaffolds.\n"
        "Talks about land: bring copies of the approval, the boundary plan and the rates of compensation, and go by "
        "them. What they do not say you neither explain nor guess, and you promise no sums and no dates. Take no "
        "part in anything done by force; who does not want to talk is left in peace.\n"
        "Noise and dust: note the day, the hours, where it comes from and what it is; agree with the builder, face "
        "to face, on quiet hours, sprinkling and a way round, and put up the outcome with a number to call.\n"
        "No digging over unknown pipes: ask all of water, power, gas, telecommunications and military cables first; "
        "if one has not answered, nobody digs.\n"
        "Traffic: the police say where; stand where drivers see you, and let old people, children and ambulances "
        "through first.\n"
        "Papers: say once and for all which documents, which counter and how many days. Carry them there and back; "
        "sign and stamp nothing, put in no word and press no official.\n"
        "Privacy: what a household is like and what it gets is nobody's business. No pictures inside homes, no names "
        "in chat groups.\n"
        "Danger: water in the pit, a falling hoarding, a leaning crane: get people out, cordon off, count heads, "
        "call the emergency and construction offices, and keep watch from outside.\n"
        "No burden: follow one matter to its end; no meetings on site for the sake of a report, no pictures for "
        "show, no papers or banners prepared for you.",
    },
)
