"""项目建设: noise, traffic and papers around building sites; and sites in danger."""

from service.demo.drill.incidents.incident import Incident, Incidents
from service.tasks.rules import Urgency

PROJECT_CONSTRUCTION: Incidents = {
    Urgency.ROUTINE: (
        Incident("440803004", 110.385, 21.165, "霞山友谊街道施工噪声入户听意见", ((None, 1),)),
        Incident(
            "440804001", 110.445, 21.247, "坡头南调街道路网改造入户告知", (("interpreter", 1), (None, 1))
        ),
        Incident("440811071", 110.470, 21.000, "东简街道园区配套路用地资料代办", ((None, 1),)),
        Incident("440802006", 110.402, 21.296, "调顺街道管线改迁现场值守", (("plumbing", 1), (None, 1))),
        Incident("440825001", 110.175, 20.330, "徐闻徐城街道工地卫生讲座", (("medical", 1),)),
        Incident("440881001", 110.275, 21.615, "廉江罗州街道道路封闭引导", ((None, 2),)),
    ),
    Urgency.URGENT: (
        Incident(
            "440803005", 110.398, 21.180, "霞山新兴街道挖断水管，接驳供水", (("plumbing", 1), (None, 2))
        ),
        Incident("440803011", 110.384, 21.197, "霞山新园街道围挡被风吹倒，设警戒", ((None, 2),)),
        Incident("440802002", 110.348, 21.264, "寸金街道挖断电缆，告知商户", (("electrics", 1), (None, 1))),
        Incident("440883001", 110.775, 21.435, "吴川梅菉街道施工便道塌陷，引导绕行", ((None, 2),)),
    ),
    Urgency.CRITICAL: (
        Incident(
            "440803006",
            110.410,
            21.212,
            "霞山海滨街道基坑进水，撤离工人",
            (("first_aid", 1), ("plumbing", 1), (None, 2)),
        ),
        Incident("440804101", 110.515, 21.250, "坡头镇脚手架坍塌，搜救", (("first_aid", 1), (None, 4))),
    ),
}
