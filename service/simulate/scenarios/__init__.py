"""The scenarios. Fixed, with the behaviour and the seeds, before any policy was tuned, and not changed since."""

from service.simulate.scenario import Scenario
from service.simulate.scenarios.flood import FLOOD
from service.simulate.scenarios.typhoon import TYPHOON
from service.simulate.scenarios.weekday import WEEKDAY

SCENARIOS: dict[str, Scenario] = {each.name: each for each in (WEEKDAY, TYPHOON, FLOOD)}
