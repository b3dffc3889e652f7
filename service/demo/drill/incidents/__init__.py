"""What may happen in the drill, by category and urgency: invented, at real places of the reference city."""

from collections.abc import Mapping

from service.demo.drill.incidents.emergency_response import EMERGENCY_RESPONSE
from service.demo.drill.incidents.enterprise_development import ENTERPRISE_DEVELOPMENT
from service.demo.drill.incidents.grassroots_governance import GRASSROOTS_GOVERNANCE
from service.demo.drill.incidents.incident import Incident, Incidents, Seats
from service.demo.drill.incidents.industry_development import INDUSTRY_DEVELOPMENT
from service.demo.drill.incidents.project_construction import PROJECT_CONSTRUCTION
from service.demo.drill.incidents.public_request import PUBLIC_REQUEST

__all__ = ["INCIDENTS", "Incident", "Seats"]

INCIDENTS: Mapping[str, Incidents] = {
    "emergency_response": EMERGENCY_RESPONSE,
    "grassroots_governance": GRASSROOTS_GOVERNANCE,
    "industry_development": INDUSTRY_DEVELOPMENT,
    "project_construction": PROJECT_CONSTRUCTION,
    "enterprise_development": ENTERPRISE_DEVELOPMENT,
    "public_request": PUBLIC_REQUEST,
}
"""By category."""
