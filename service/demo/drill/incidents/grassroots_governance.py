"""基层治理: patrols, quarrels among neighbours, hazards in stairwells, order at festivals."""

from service.demo.drill.incidents.incident import Incident, Incidents
from service.tasks.rules import Urgency

GRASSROOTS_GOVERNANCE: Incidents = {
    Urgency.ROUTINE: (
        Incident("440802004", 110.357, 21.272, "中山街道老旧小区楼道清杂物", ((None, 2),)),
        Incident("440802007", 110.356, 21.250, "南桥街道飞线充电劝导", (("electrics", 1), (None, 1))),
        Incident("440803001", 110.405, 21.196, "霞山解放街道夜间平安巡查", ((None, 2),)),
        Incident("440811100", 110.320, 21.270, "麻章镇邻里噪声纠纷调解", (("counselling", 1),)),
        Incident("440881101", 110.230, 21.590, "廉江石城镇村道井盖排查", ((None, 2),)),
        Incident("440883002", 110.800, 21.420, "吴川塘尾街道外来住户走访", (("interpreter", 1), (None, 1))),
    ),
    Urgency.URGENT: (
        Incident("440803009", 110.378, 21.210, "霞山建设街道围墙开裂，临时围护", ((None, 2),)),
        Incident("440803071", 110.398, 21.230, "乐华街道外墙脱落，楼下设岗", (("drone", 1), (None, 1))),
        Incident(
            "440802008", 110.350, 21.292, "北桥街道邻里争执升级，到场安抚", (("counselling", 1), (None, 1))
        ),
        Incident("440882001", 110.085, 20.912, "雷州雷城街道庙会人流疏导", ((None, 5),)),
    ),
    Urgency.CRITICAL: (
        Incident(
            "440803010", 110.385, 21.183, "霞山东新街道危墙倒塌，疏散楼下住户", (("first_aid", 1), (None, 3))
        ),
        Incident(
            "440802005", 110.378, 21.264, "沙湾街道楼道充电起火，敲门疏散", (("electrics", 1), (None, 3))
        ),
    ),
}
