"""A quiet weekday: requests of all kinds, now and then something urgent, nothing that all must turn to."""

from datetime import datetime

from service.simulate.scenario import Kind, Scenario, Stretch, Where
from service.tasks.rules import Urgency

WEEKDAY = Scenario(
    name="weekday",
    title_zh="平静的工作日",
    title_en="A quiet weekday",
    about_zh="星期三，零点到次日凌晨。80 项任务，多在上班时间，六类都有；一成是紧急救援。无启动，通道全部开放。",
    about_en="A Wednesday from midnight on. 80 tasks of all six categories, most in working hours; one in ten is "
    "critical. No activation, all links open.",
    start=datetime(2026, 6, 3),
    where=Where.PEOPLE,
    within_km=1.0,
    stretches=(
        Stretch(0, 420, 4),
        Stretch(420, 720, 30),
        Stretch(720, 840, 8),
        Stretch(840, 1080, 26),
        Stretch(1080, 1320, 10),
        Stretch(1320, 1440, 2),
    ),
    kinds=(
        Kind("public_request", Urgency.ROUTINE, 18, ((None, 1),), 40),
        Kind("public_request", Urgency.URGENT, 10, ((None, 2),), 40),
        Kind("grassroots_governance", Urgency.ROUTINE, 16, ((None, 2),), 60),
        Kind("grassroots_governance", Urgency.URGENT, 6, (("counselling", 1), (None, 1)), 60),
        Kind("project_construction", Urgency.ROUTINE, 10, (("plumbing", 1), (None, 1)), 60),
        Kind("industry_development", Urgency.ROUTINE, 8, (("logistics", 1), (None, 2)), 90),
        Kind("enterprise_development", Urgency.ROUTINE, 8, ((None, 1),), 60),
        Kind("emergency_response", Urgency.URGENT, 14, (("electrics", 1), (None, 1)), 45),
        Kind("emergency_response", Urgency.CRITICAL, 10, (("first_aid", 1), (None, 2)), 60),
    ),
)
