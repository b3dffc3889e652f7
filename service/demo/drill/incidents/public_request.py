"""群众诉求: what people ask for, at their door or by telephone."""

from service.demo.drill.incidents.incident import Incident, Incidents
from service.tasks.rules import Urgency

PUBLIC_REQUEST: Incidents = {
    Urgency.ROUTINE: (
        Incident("440802001", 110.366, 21.280, "赤坎中华街道独居老人家换灯", (("electrics", 1),)),
        Incident("440802006", 110.402, 21.296, "调顺街道住户下水道疏通", (("plumbing", 1),)),
        Incident("440803010", 110.385, 21.183, "霞山东新街道老人陪诊接送", (("driving", 1),)),
        Incident("440804100", 110.540, 21.150, "南三镇老人证件上门代办", ((None, 1),), remote=True),
        Incident("440825113", 110.120, 20.275, "徐闻南山镇老人手机教学", ((None, 1),)),
        Incident("440882003", 110.070, 20.931, "雷州新城街道老人办事陪同翻译", (("interpreter", 1),)),
    ),
    Urgency.URGENT: (
        Incident(
            "440803009",
            110.378,
            21.210,
            "霞山建设街道独居老人联系不上，上门查看",
            (("medical", 1), (None, 1)),
        ),
        Incident(
            "440803011", 110.384, 21.197, "霞山新园街道停水，给高层老人送水", (("driving", 1), (None, 2))
        ),
        Incident("440802007", 110.356, 21.250, "南桥街道情绪低落住户陪伴", (("counselling", 1), (None, 1))),
        Incident("440883004", 110.750, 21.445, "吴川博铺街道学生被积水困住，护送", ((None, 3),)),
    ),
    Urgency.CRITICAL: (
        Incident(
            "440803070", 110.392, 21.218, "霞山泉庄街道老人昏倒家中", (("medical", 1), ("first_aid", 1))
        ),
        Incident("440881003", 110.275, 21.640, "廉江城北街道幼童困在电梯", (("electrics", 1), (None, 2))),
    ),
}
