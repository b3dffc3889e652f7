"""产业培育: prawn ponds, orchards, workshops; harvests, cold chains, sales, and what a storm threatens."""

from service.demo.playbooks.playbook import Playbook, ladder, levels
from service.dispatch.engine.problem import Mode, Section

INDUSTRY_DEVELOPMENT = Playbook(
    category="industry_development",
    name_zh="产业培育",
    name_en="Industry development",
    sections={
        # Few people know the trade, so they may come from farther; nothing burns.
        Mode.NORMAL: Section(
            reach_minutes=(30, 60, 90),
            target_probability=0.7,
            acceptance_prior=((0, 0.17), (8, 0.3), (12, 0.25), (14, 0.3), (18, 0.22)),
            answer_minutes=60,
            move_minutes=60,
            max_offers=15,
            rest_minutes=30,
        ),
        Mode.EMERGENCY: Section(
            calls_standby=True,
            reach_minutes=(20, 40, 90),
            target_probability=0.8,
            acceptance_prior=((0, 0.2), (7, 0.35), (22, 0.25)),
            answer_minutes=10,
            move_minutes=20,
            max_offers=40,
            rest_minutes=60,
            confirm_minutes=60,
        ),
    },
    levels=levels(lowest=0.7, highest=0.9, most_offers=80),
    ladder=ladder(neighbours=60, town=120, county=480, city=1440),
    guidance={
        "zh": "先问要什么：是缺人手、缺技术、缺冷库车辆，还是缺销路，由农户和业主说，不替他们定项目、定品种。\n"
        "懂才讲：技术问题请农技、水产、质检等懂行的同伴讲；自己不懂的记下来，说清找谁问、哪天回话。"
        "不推荐药、苗、饲料、保险和贷款，不代签任何字。\n"
        "进塘进棚：先经主人同意，按他的规矩换鞋消毒，一天只走一家虾塘，不把病带过去；不碰增氧机、配电箱和农药。\n"
        "搭手抢收：听主人分工，轻拿轻放；上午十点到下午四点少晒，半小时喝一次水，头晕就停下。\n"
        "帮销路：只把买卖双方和物流牵到一起，价格由他们谈；不承诺销量，不摊派购买，不发动干部群众带货刷单。\n"
        "守秘密：配方、客户、成本、亩产和照片都是人家的，不外传，不上网。不收礼、不留饭。\n"
        "台风前：先人后物，渔排和塘边的人全部上岸再谈加固和抢收，谁也不为保产留守；停电的先报供电，再接发电机。\n"
        "走之前：和主人对一遍还有什么没办、谁来办；不用写台账，不拍摆样子的照片。",
        "en": "Ask what is needed: hands, know-how, cold storage and lorries, or buyers. Farmers and owners say; do "
        "not choose a project or a variety for them.\n"
        "Speak of what you know: leave technical questions to those of the trade, agronomy, fisheries, quality "
        "control; note what you do not know, and say who will be asked and on which day they will hear. Recommend no "
        "medicine, seedlings, feed, insurance or loans, and sign nothing for anybody.\n"
        "Ponds and greenhouses: with the owner's leave only; change shoes and disinfect as they do, one prawn farm "
        "a day, lest you carry a disease. Hands off aerators, switchboards and pesticides.\n"
        "Harvest: the owner says who does what; handle it gently. Little sun between ten and four, water every half "
        "hour, and stop when you feel faint.\n"
        "Sales: bring seller, buyer and carrier together and leave the price to them. Promise no quantities, make "
        "nobody buy, and have nobody fake orders.\n"
        "Secrets: recipes, customers, costs, yields and pictures are theirs; they do not leave the place. No gifts "
        "and no meals.\n"
        "Before a typhoon: people before goods. Everybody comes ashore from rafts and ponds before anything is tied "
        "down or harvested, and nobody stays to save the stock. In a power cut tell the grid company before you "
        "start a generator.\n"
        "Before you go: go through what is left and who will do it. No ledgers to fill in, no pictures for show.",
    },
)
