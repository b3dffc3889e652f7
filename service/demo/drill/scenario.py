"""What happens in the drill: which emergencies, where, when, and whom they need. Pure; the same seed, the same day."""

import random
from dataclasses import dataclass

from service.demo.drill.client import Json

Seats = tuple[tuple[str | None, int], ...]
"""(skill or None, how many) in the order in which they are posted."""


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that may happen at a real place; degrees, EPSG:4490."""

    town_code: str
    """The town or street that holds the place."""
    lon: float
    lat: float
    what: str
    seats: Seats
    remote: bool = False
    """Few live within reach: an empty seat is no surprise."""


INCIDENTS = (
    Incident("440802001", 110.366, 21.280, "赤坎老街骑楼漏电冒烟，疏散住户", (("electrics", 1), (None, 3))),
    Incident(
        "440802002",
        110.348,
        21.264,
        "寸金街道学校食堂多人不适",
        (("medical", 1), ("first_aid", 1), (None, 1)),
    ),
    Incident("440802006", 110.402, 21.296, "调顺街道水管爆裂，路面塌陷", (("plumbing", 1), (None, 2))),
    Incident("440803001", 110.405, 21.196, "霞山解放街道商铺起火，转移群众", (("first_aid", 1), (None, 4))),
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
    Incident("440825001", 110.175, 20.330, "徐闻徐城街道旅客滞留，分发物资", (("logistics", 1), (None, 2))),
    Incident("440881001", 110.275, 21.615, "廉江罗州街道老人走失，搜寻", (("drone", 1), (None, 2))),
    Incident("440882001", 110.085, 20.912, "雷州雷城街道古民居起火", (("first_aid", 1), (None, 2))),
    Incident("440883001", 110.775, 21.435, "吴川梅菉街道鉴江漫堤，搬运沙袋", ((None, 5),)),
)
JITTER_DEGREES = 0.003
"""About 300 m: a place of its own each time, and still the same town."""
SHORTEST_GAP_S, LONGEST_GAP_S = 2.0, 5.0
UNHURRIED = 16
"""More tasks than this are posted faster, so that all come within a minute."""


@dataclass(frozen=True, slots=True)
class Emergency:
    """One task of the drill."""

    number: int
    """From 1 on, in the order in which they are posted."""
    title: str
    lon: float
    lat: float
    seats: Seats
    after_s: float
    """Since the one before it."""
    no_show: bool = False
    """The first who says yes here never moves."""
    patient: bool = False
    """Nobody answers the first wave and the dispatcher waits: the service has to widen by itself."""

    @property
    def size(self) -> int:
        """How many seats."""
        return sum(count for _, count in self.seats)

    def body(self, mark: str) -> Json:
        """The body of POST /tasks. `mark` names the run, so that it knows its own tasks again."""
        return {
            "category": "emergency_response",
            "title": self.title,
            "urgency": "critical",
            "location": {"lon": self.lon, "lat": self.lat, "crs": "CGCS2000"},
            "seats": [{"skills": [skill] if skill else [], "count": count} for skill, count in self.seats],
            "instructions": f"这是演练，请勿外传。{mark}",
            "drill": True,
        }


def emergencies(count: int, seed: int, *, wait: bool = False) -> list[Emergency]:
    """The drill's tasks. With `wait` the first one is left to the service's own timer.

    Every incident happens once before one happens again. One task has a no-show.
    """
    rng = random.Random(f"vanguard drill {seed}")
    incidents: list[Incident] = []
    while len(incidents) < count:
        incidents += rng.sample(INCIDENTS, len(INCIDENTS))
    incidents = incidents[:count]
    if wait:
        # Where many live near, so that the second wave shows something.
        first = next((i for i, incident in enumerate(incidents) if not incident.remote), 0)
        incidents[0], incidents[first] = incidents[first], incidents[0]
    hurry = min(UNHURRIED / count, 1.0)
    able = [i for i, incident in enumerate(incidents) if not incident.remote and not (wait and i == 0)]
    no_show = rng.choice(able) if able else None
    return [
        Emergency(
            number=i + 1,
            title=f"【演练】{incident.what}",
            lon=round(incident.lon + rng.uniform(-JITTER_DEGREES, JITTER_DEGREES), 6),
            lat=round(incident.lat + rng.uniform(-JITTER_DEGREES, JITTER_DEGREES), 6),
            seats=incident.seats,
            after_s=rng.uniform(SHORTEST_GAP_S, LONGEST_GAP_S) * hurry if i else 0.0,
            no_show=i == no_show,
            patient=wait and i == 0,
        )
        for i, incident in enumerate(incidents)
    ]
