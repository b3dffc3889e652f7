"""A typhoon making landfall: hundreds of tasks in three hours, links closing one by one, people leaving duty."""

from datetime import datetime

from service.simulate.scenario import Alarm, Closings, Kind, Leaving, Scenario, Scope, Stretch, Where
from service.tasks.rules import Level, Urgency

TYPHOON = Scenario(
    name="typhoon",
    title_zh="台风登陆",
    title_en="A typhoon making landfall",
    about_zh="星期三 12:00 起，15:00 登陆。三小时内 260 项任务，集中在城区一带；全市先 III 级、后 II 级启动，"
    "登陆前半小时城区所在县（区）升为 I 级。轮渡、海堤、桥梁依次关闭；四分之一的队员因家事离岗；路上多花三成时间。",
    about_en="A Wednesday from 12:00, landfall at 15:00. 260 tasks within three hours, most around the city proper; "
    "the whole city is activated at III, then II, its centre at I from half an hour before landfall. Ferries, "
    "causeways and bridges close one by one; a quarter of the members leave duty for their families; ways take "
    "three tenths longer.",
    start=datetime(2026, 9, 16, 12),
    where=Where.OFFICES,
    within_km=20.0,
    stretches=(Stretch(90, 150, 50), Stretch(150, 210, 120), Stretch(210, 270, 90)),
    kinds=(
        Kind("emergency_response", Urgency.CRITICAL, 12, (("first_aid", 1), (None, 2)), 50),
        Kind("emergency_response", Urgency.CRITICAL, 8, (("chainsaw", 1), (None, 1)), 45),
        Kind("emergency_response", Urgency.CRITICAL, 8, (("electrics", 1), (None, 1)), 45),
        Kind("emergency_response", Urgency.CRITICAL, 6, (("water_rescue", 1), ("boat", 1)), 60),
        Kind("emergency_response", Urgency.CRITICAL, 10, ((None, 4),), 60),
        Kind("emergency_response", Urgency.URGENT, 20, ((None, 2),), 45),
        Kind("emergency_response", Urgency.URGENT, 10, (("driving", 1), (None, 1)), 60),
        Kind("emergency_response", Urgency.URGENT, 6, (("drone", 1),), 30),
        Kind("public_request", Urgency.URGENT, 12, ((None, 1),), 40),
        Kind("public_request", Urgency.ROUTINE, 8, ((None, 1),), 40),
    ),
    alarms=(
        Alarm(Scope.CITY, Level.III, 0, 90),
        Alarm(Scope.CITY, Level.II, 90, 720),
        Alarm(Scope.COUNTY, Level.I, 150, 480),
    ),
    closings=Closings(("ferry", "causeway", "bridge"), 60, 220, 720),
    leaving=Leaving(0.25, 60, 240),
    slower=1.3,
)
