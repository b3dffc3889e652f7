"""应急处突: fires, floods, people lost and people in the water; and what is put in order before the storm."""

from service.demo.drill.incidents.incident import Incident, Incidents
from service.tasks.rules import Urgency

EMERGENCY_RESPONSE: Incidents = {
    Urgency.CRITICAL: (
        Incident(
            "440802001", 110.366, 21.280, "赤坎老街骑楼漏电冒烟，疏散住户", (("electrics", 1), (None, 3))
        ),
        Incident(
            "440802002",
            110.348,
            21.264,
            "寸金街道学校食堂多人不适",
            (("medical", 1), ("first_aid", 1), (None, 1)),
        ),
        Incident("440802006", 110.402, 21.296, "调顺街道水管爆裂，路面塌陷", (("plumbing", 1), (None, 2))),
        Incident(
            "440803001", 110.405, 21.196, "霞山解放街道商铺起火，转移群众", (("first_aid", 1), (None, 4))
        ),
        Incident("440803004", 110.385, 21.165, "霞山友谊街道内涝，老人被困", (("driving", 1), (None, 3))),
        Incident("440803012", 110.345, 21.180, "海头街道大树倒伏压车", (("chainsaw", 1), (None, 1))),
        Incident(
            "440804001", 110.445, 21.247, "坡头南调街道岸边有人落水", (("water_rescue", 1), ("first_aid", 1))
        ),
        Incident("440804002", 110.452, 21.221, "麻斜渡口渡船故障，接驳旅客", (("boat", 1), (None, 2))),
        Incident("440804100", 110.540, 21.150, "南三岛风暴潮前转移渔民", ((None, 4),)),
        Incident("440811070", 110.390, 21.030, "东海岛东山街道仓库坍塌", (("first_aid", 1), (None, 3))),
        Incident("440811173", 110.590, 20.910, "硇洲岛渔船搁浅，接应船员", ((None, 2),), remote=True),
        Incident("440823001", 110.250, 21.375, "遂溪遂城街道燃气泄漏，警戒疏散", ((None, 4),)),
        Incident(
            "440825001", 110.175, 20.330, "徐闻徐城街道旅客滞留，分发物资", (("logistics", 1), (None, 2))
        ),
        Incident("440881001", 110.275, 21.615, "廉江罗州街道老人走失，搜寻", (("drone", 1), (None, 2))),
        Incident("440882001", 110.085, 20.912, "雷州雷城街道古民居起火", (("first_aid", 1), (None, 2))),
        Incident("440883001", 110.775, 21.435, "吴川梅菉街道鉴江漫堤，搬运沙袋", ((None, 5),)),
    ),
    Urgency.URGENT: (
        Incident("440803012", 110.345, 21.180, "海头街道低洼路段积水，设岗引导绕行", ((None, 2),)),
        Incident("440803004", 110.385, 21.165, "霞山友谊街道台风前加固广告牌", (("electrics", 1), (None, 1))),
        Incident("440804002", 110.452, 21.221, "麻斜码头渔船回港，清点人数", (("boat", 1), (None, 1))),
        Incident("440825103", 110.230, 20.285, "海安港旅客滞留，引导分流", (("logistics", 1), (None, 2))),
        Incident("440883106", 110.724, 21.381, "吴川吴阳镇海堤巡查，标记渗漏点", (("drone", 1), (None, 1))),
        Incident(
            "440882115", 109.850, 20.560, "雷州乌石渔港劝返渔排人员", (("boat", 1), (None, 1)), remote=True
        ),
    ),
    Urgency.ROUTINE: (
        Incident("440802008", 110.350, 21.292, "北桥街道防汛物资盘点上架", (("logistics", 1), (None, 1))),
        Incident("440811100", 110.320, 21.270, "麻章镇避险场所照明检查", (("electrics", 1), (None, 1))),
    ),
}
