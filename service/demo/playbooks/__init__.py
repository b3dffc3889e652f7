"""The playbooks (工作指引) of the reference city, one a category, as plain data."""

from service.demo.playbooks.emergency_response import EMERGENCY_RESPONSE
from service.demo.playbooks.enterprise_development import ENTERPRISE_DEVELOPMENT
from service.demo.playbooks.grassroots_governance import GRASSROOTS_GOVERNANCE
from service.demo.playbooks.industry_development import INDUSTRY_DEVELOPMENT
from service.demo.playbooks.playbook import Playbook
from service.demo.playbooks.project_construction import PROJECT_CONSTRUCTION
from service.demo.playbooks.public_request import PUBLIC_REQUEST

PLAYBOOKS: tuple[Playbook, ...] = (
    EMERGENCY_RESPONSE,
    GRASSROOTS_GOVERNANCE,
    INDUSTRY_DEVELOPMENT,
    PROJECT_CONSTRUCTION,
    ENTERPRISE_DEVELOPMENT,
    PUBLIC_REQUEST,
)
"""The six kinds of work that the vanguards are called for."""
