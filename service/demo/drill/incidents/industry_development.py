"""产业培育: prawn ponds, orchards, cold stores; and what a power cut or a storm threatens."""

from service.demo.drill.incidents.incident import Incident, Incidents
from service.tasks.rules import Urgency

INDUSTRY_DEVELOPMENT: Incidents = {
    Urgency.ROUTINE: (
        Incident("440823101", 110.330, 21.335, "遂溪黄略镇虾塘水质抽检帮手", ((None, 2),)),
        Incident("440825104", 110.360, 20.440, "徐闻曲界镇菠萝采收装箱", (("driving", 1), (None, 1))),
        Incident("440881113", 110.120, 21.610, "廉江石岭镇红橙分拣打包", (("logistics", 1), (None, 1))),
        Incident("440811102", 110.280, 21.150, "湖光镇火龙果园补光线路检查", (("electrics", 1),)),
        Incident("440804101", 110.515, 21.250, "坡头镇机耕道清障", (("chainsaw", 1), (None, 1))),
        Incident("440803012", 110.345, 21.180, "海头街道水产市场冷链登记引导", ((None, 2),)),
    ),
    Urgency.URGENT: (
        Incident(
            "440803070",
            110.392,
            21.218,
            "霞山泉庄街道冷库断电，转运水产",
            (("electrics", 1), ("driving", 1), (None, 1)),
        ),
        Incident(
            "440811070", 110.390, 21.030, "东海岛东山街道增氧机停电，抢救虾苗", (("electrics", 1), (None, 1))
        ),
        Incident("440804100", 110.540, 21.150, "南三镇台风前抢收网箱", (("boat", 1), (None, 1)), remote=True),
        Incident("440882110", 110.330, 20.770, "雷州东里镇塘基漏水，填堵", ((None, 3),), remote=True),
    ),
    Urgency.CRITICAL: (
        Incident(
            "440811173", 110.590, 20.910, "硇洲岛渔排走锚，撤离养殖工", (("boat", 1), (None, 2)), remote=True
        ),
        Incident("440804104", 110.440, 21.385, "官渡镇饲料厂起火，疏散工人", (("first_aid", 1), (None, 3))),
    ),
}
