"""基层治理: patrols, quarrels among neighbours, hazards in stairwells, tidying up, order at festivals."""

from service.demo.playbooks.playbook import Playbook, ladder, levels
from service.dispatch.engine.problem import Mode, Section

GRASSROOTS_GOVERNANCE = Playbook(
    category="grassroots_governance",
    name_zh="基层治理",
    name_en="Grassroots governance",
    sections={
        # The neighbourhood's own people, in the evening when they are at home.
        Mode.NORMAL: Section(
            reach_minutes=(10, 20, 40),
            target_probability=0.8,
            acceptance_prior=((0, 0.17), (7, 0.3), (18, 0.42), (22, 0.2)),
            answer_minutes=30,
            move_minutes=30,
            max_offers=20,
            rest_minutes=30,
        ),
        Mode.EMERGENCY: Section(
            calls_standby=True,
            reach_minutes=(10, 20, 40, 60),
            target_probability=0.85,
            acceptance_prior=((0, 0.2), (7, 0.4), (22, 0.3)),
            answer_minutes=5,
            move_minutes=15,
            max_offers=40,
            rest_minutes=60,
            confirm_minutes=60,
        ),
    },
    levels=levels(lowest=0.75, highest=0.92, most_offers=80),
    ladder=ladder(neighbours=15, town=45, county=120, city=360),
    guidance={
        "zh": "先找社区：到了先和网格员碰头，听清情况再走；入户由网格员带着，两人同行，"
        "说明身份和来意，主人不方便就改天。\n"
        "查隐患：看得见的先办，楼道堆物、堵住的消防通道、飞线充电、缺失的井盖、开裂的围墙。能搬开的同住户一起搬，"
        "搬不动的写清门牌和位置交社区登记，问明谁来处理、什么时候来。不没收东西，不开罚单。\n"
        "劝邻里：双方分开听，先让气消下来，不评谁对谁错，不替人拿主意。动了手、有人受伤或涉及家庭暴力的，马上拨 110，"
        "不当场对质；欠薪、产权、邻里官司请司法所和人民调解员接手。\n"
        "说家乡话：老人听不惯普通话的，请会雷州话、白话或客家话的同伴来讲。\n"
        "护隐私：不抄身份证号，不打听收入、婚姻和信仰，不拍屋里和人脸；看到听到的家事不外传，也不写进群里。\n"
        "不添负担：社区已有的信息不再问、不再填表；不要居民签名凑数，不拍照留痕，不组织人陪同观看。\n"
        "走之前：把没办完的事和答应过的时间向网格员交代清楚。",
        "en": "The community first: meet the grid worker, hear what it is about, then go. Visit homes with the grid "
        "worker and in pairs, say who you are and why you come; if it does not suit them, come another day.\n"
        "Hazards: what can be seen comes first, things in stairwells, blocked fire lanes, charging cables out of "
        "windows, missing manhole covers, cracked walls. Move with the residents what can be moved; write down the "
        "number and place of the rest for the community, and ask who will come and when. Take nothing away and fine "
        "nobody.\n"
        "Quarrels: hear each side by itself and let tempers cool; judge nobody and decide for nobody. Where there "
        "were blows, injuries or violence at home, call 110 at once and confront nobody; unpaid wages, property and "
        "lawsuits are for the justice office and the people's mediators.\n"
        "Their own tongue: where old people are not at ease in Mandarin, have somebody along who speaks Leizhou, "
        "Cantonese or Hakka.\n"
        "Privacy: copy no identity numbers, ask about nobody's income, marriage or faith, photograph no rooms and no "
        "faces. What you see and hear of a family stays with you, and out of chat groups.\n"
        "No burden: do not ask or have filled in again what the community knows already; no signatures to make up a "
        "number, no pictures as proof, nobody lined up to watch.\n"
        "Before you go: tell the grid worker what is not done, and what was promised by when.",
    },
)
