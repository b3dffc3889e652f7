"""企业发展: papers, hands and training for firms; and a power cut, a leak, a flooded yard."""

from service.demo.drill.incidents.incident import Incident, Incidents
from service.tasks.rules import Urgency

ENTERPRISE_DEVELOPMENT: Incidents = {
    Urgency.ROUTINE: (
        Incident("440803001", 110.405, 21.196, "霞山解放街道个体户证照代办", ((None, 1),)),
        Incident("440802003", 110.368, 21.271, "赤坎民主街道小微企业用工登记", ((None, 1),)),
        Incident("440804401", 110.492, 21.430, "官渡工业园企业诉求走访", ((None, 2),)),
        Incident("440811100", 110.320, 21.270, "麻章镇家具厂电路巡检", (("electrics", 1), (None, 1))),
        Incident("440882450", 110.123, 21.000, "奋勇高新区企业急救课", (("first_aid", 1), (None, 1))),
        Incident("440881002", 110.285, 21.595, "廉江城南街道家电厂招工引导", ((None, 2),)),
    ),
    Urgency.URGENT: (
        Incident(
            "440803003", 110.395, 21.192, "霞山工农街道商场停电，疏导顾客", (("electrics", 1), (None, 2))
        ),
        Incident(
            "440803002", 110.411, 21.188, "霞山爱国街道仓库漏雨，搬运货物", (("logistics", 1), (None, 2))
        ),
        Incident(
            "440823001", 110.250, 21.375, "遂溪遂城街道糖厂断水，协调送水", (("plumbing", 1), (None, 1))
        ),
        Incident("440881401", 110.178, 21.544, "九洲江开发区货车困在积水里", (("driving", 1), (None, 1))),
    ),
    Urgency.CRITICAL: (
        Incident(
            "440811071",
            110.470,
            21.000,
            "东简街道厂房氨气泄漏，转移职工",
            (("medical", 1), ("first_aid", 1), (None, 3)),
        ),
        Incident(
            "440803012", 110.345, 21.180, "海头街道厂房屋顶坍塌，清点人数", (("first_aid", 1), (None, 3))
        ),
    ),
}
