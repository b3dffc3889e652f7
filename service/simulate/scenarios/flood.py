"""A flood on one side of the bay: need on the shore with fewer people, most help across the water."""

from datetime import datetime

from service.simulate.scenario import Alarm, Closings, Kind, Leaving, Scenario, Scope, Stretch, Where
from service.tasks.rules import Level, Urgency

FLOOD = Scenario(
    name="flood",
    title_zh="湾区一侧内涝",
    title_en="A flood on one side of the bay",
    about_zh="星期六 05:00 起。五小时内 120 项任务，都在人少的一岸；所在县（区）II 级启动。离得最近的桥关闭两小时，"
    "对岸的人只能绕行。",
    about_en="A Saturday from 05:00. 120 tasks within five hours, all on the shore with fewer people, whose county is "
    "activated at II. The nearest bridge is closed for two hours: those from the other shore go round.",
    start=datetime(2026, 7, 11, 5),
    where=Where.BANK,
    within_km=10.0,
    stretches=(Stretch(60, 120, 30), Stretch(120, 240, 60), Stretch(240, 360, 30)),
    kinds=(
        Kind("emergency_response", Urgency.CRITICAL, 10, (("water_rescue", 1), ("first_aid", 1)), 60),
        Kind("emergency_response", Urgency.CRITICAL, 10, (("boat", 1), (None, 2)), 60),
        Kind("emergency_response", Urgency.CRITICAL, 10, ((None, 3),), 60),
        Kind("emergency_response", Urgency.URGENT, 20, ((None, 3),), 60),
        Kind("emergency_response", Urgency.URGENT, 10, (("driving", 1), (None, 1)), 60),
        Kind("public_request", Urgency.URGENT, 10, ((None, 1),), 40),
        Kind("public_request", Urgency.ROUTINE, 10, ((None, 1),), 40),
    ),
    alarms=(Alarm(Scope.COUNTY, Level.II, 45, 600),),
    closings=Closings(("bridge",), 120, 120, 240, nearest_only=True),
    leaving=Leaving(0.10, 60, 300),
    slower=1.2,
)
