"""企业发展: what keeps a firm from working: rules, hands, power, freight, credit; and starting again after a storm."""

from service.demo.playbooks.playbook import Playbook, ladder, levels
from service.dispatch.engine.problem import Mode, Section

ENTERPRISE_DEVELOPMENT = Playbook(
    category="enterprise_development",
    name_zh="企业发展",
    name_en="Enterprise development",
    sections={
        # By appointment and in office hours; there is time to find the right person.
        Mode.NORMAL: Section(
            reach_minutes=(20, 45, 90),
            target_probability=0.7,
            acceptance_prior=((0, 0.17), (8, 0.38), (12, 0.3), (14, 0.38), (18, 0.2)),
            answer_minutes=90,
            move_minutes=60,
            max_offers=15,
            rest_minutes=30,
        ),
        Mode.EMERGENCY: Section(
            calls_standby=True,
            reach_minutes=(15, 30, 60),
            target_probability=0.8,
            acceptance_prior=((0, 0.2), (7, 0.35), (22, 0.25)),
            answer_minutes=10,
            move_minutes=20,
            max_offers=40,
            rest_minutes=45,
            confirm_minutes=60,
        ),
    },
    levels=levels(lowest=0.7, highest=0.9, most_offers=70),
    ladder=ladder(neighbours=45, town=90, county=360, city=1080),
    guidance={
        "zh": "先约后去：由企业定时间，避开交货和换班；一周内已有人去过的不再登门，打电话问清即可。\n"
        "轻车简从：不要企业准备汇报、展板、横幅和陪同，不留饭、不收礼、不坐企业的车。\n"
        "问清五件事：政策、用工、用水用电、物流通关、融资，哪一件卡住了、卡在哪个环节、已经找过谁。"
        "一次问清，已在系统里登记过的不再填表。\n"
        "当场能答的给原文：把政策文件的出处、条件、窗口和截止日期写给他；答不了的说明交给哪个部门、哪天回话，到那天自己先打电话。\n"
        "不越界：不承诺审批、额度和名额，不推荐中介、贷款和供应商，不过问经营和人事，不替任何一方催款。\n"
        "用工：只转岗位信息，求职人的电话和住址经本人同意才给；欠薪、工伤请人社部门当天接手。\n"
        "守秘密：不拍生产线、仓库和账目，不索要报表和客户名单；听到的商业情况只告诉办事的人。\n"
        "停电停水、受灾复产：进厂先找安全负责人，危化品、受限空间和带电设备一律不靠近；"
        "先确认人都平安，再清点受损、对接供电供水和保险。\n"
        "办结由企业说了算：问一句解决了没有，不打分、不写感谢信、不拍照留痕。",
        "en": "By appointment: the firm says when, away from deliveries and changes of shift. Where somebody was this "
        "week already, telephone instead.\n"
        "Travel light: no presentations, display boards, banners or escorts are prepared for you; no meals, no gifts, "
        "no lifts in the firm's cars.\n"
        "Five questions: rules, hands, water and power, freight and customs, credit. Which one is stuck, at which "
        "step, and who was asked already? Ask once; nobody fills in again what is on record.\n"
        "Answer with the source: write down the document, the conditions, the counter and the closing date. What you "
        "cannot answer goes to a department, by a day that you name; on that day it is you who calls first.\n"
        "Within your remit: promise no approvals, sums or quotas; recommend no agents, loans or suppliers; stay out "
        "of management and staff, and collect no debts for anybody.\n"
        "Hands: pass on vacancies only; a job seeker's number and address with their consent. Unpaid wages and "
        "accidents at work go to the labour office the same day.\n"
        "Secrets: photograph no line, store or book; ask for no accounts and no customers' names. What you hear of "
        "the business goes only to those who act on it.\n"
        "After a power cut, a water cut or a storm: find the safety officer first; keep away from chemicals, closed "
        "spaces and live equipment. Make sure that everybody is safe, then count the damage and bring in power, "
        "water and the insurer.\n"
        "The firm says when it is done: ask whether it is solved. No marks, no letters of thanks, no pictures as "
        "proof.",
    },
)
