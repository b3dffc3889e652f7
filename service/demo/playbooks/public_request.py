"""群众诉求: what people ask for, at their door or by telephone."""

from service.demo.playbooks.playbook import Playbook, ladder, levels
from service.dispatch.engine.problem import Mode, Section

PUBLIC_REQUEST = Playbook(
    category="public_request",
    name_zh="群众诉求",
    name_en="Public request",
    sections={
        Mode.NORMAL: Section(
            reach_minutes=(15, 30, 60),
            target_probability=0.8,
            acceptance_prior=((0, 0.2), (7, 0.35), (22, 0.3)),
            answer_minutes=20,
            move_minutes=30,
            max_offers=20,
            rest_minutes=30,
        ),
        Mode.EMERGENCY: Section(
            calls_standby=True,
            reach_minutes=(15, 30, 60, 90),
            target_probability=0.8,
            acceptance_prior=((0, 0.2), (7, 0.4), (22, 0.3)),
            answer_minutes=5,
            move_minutes=15,
            max_offers=40,
            rest_minutes=60,
            confirm_minutes=60,
        ),
    },
    levels=levels(lowest=0.75, highest=0.95, most_offers=100),
    ladder=ladder(neighbours=10, town=20, county=60, city=180),
    guidance={
        "zh": "先听后办：当面问清诉求、地点和联系方式，能当场解决的当场解决，不能的说明去向和时限。\n"
        "急事先办：断水断电、老人独自在家、病人缺药、孩子没人接，先把眼前的难处解决，再说手续。\n"
        "转交有下文：属于职能部门的事项转交社区登记，把登记号和承办人告诉本人，不作超出权限的承诺；"
        "同一件事不让群众说第二遍。\n"
        "上门：先打电话，到了先说明身份，两人同行，主人不请不进屋；跑腿代买当面点清钱物，留下小票，不代管存折、银行卡和密码。\n"
        "情绪激动的：让他把话说完，不争辩、不录音录像；说到不想活了的，不离开、不劝“想开点”，马上联系家人和心理疏导队员，"
        "有危险就拨 110、120。\n"
        "护隐私：不拍摄无关人员，不留存群众的证件信息，病情、家事和电话不写进群里。\n"
        "办结：请本人确认，不要求点赞、评分或转发，不拍慰问照片。",
        "en": "Listen first: ask what is needed, where, and how to reach the person; settle what can be settled on "
        "the spot, and say who will do the rest, and by when.\n"
        "What cannot wait comes first: no water or power, an old person alone, a patient without medicine, a child "
        "whom nobody fetches. Help with that, and see to the papers later.\n"
        "Hand on so that something comes of it: what belongs to a department goes to the community, and the person "
        "is told the number and who has it. Promise nothing beyond your remit, and have nobody tell their story "
        "twice.\n"
        "At the door: telephone before you come, say who you are, go in pairs, and enter only when asked in. Count "
        "money and goods together when you shop for somebody and leave the receipt; keep nobody's bank book, card or "
        "password.\n"
        "When somebody is upset: let them finish, do not argue, record nothing. When somebody says that they do not "
        "want to live, stay with them, do not tell them to cheer up, and call the family and a member with "
        "counselling; in danger, 110 and 120.\n"
        "Privacy: photograph nobody who is not concerned, keep no identity papers, and leave illness, family and "
        "numbers out of chat groups.\n"
        "Done: let the person confirm the outcome; never ask for likes, ratings or forwards, and take no pictures "
        "of the visit.",
    },
)
