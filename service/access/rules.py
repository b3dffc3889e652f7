"""Who may do what, and how far: the one table that every route is guarded by.

A cell that is not in the table is a refusal. How far is a `Reach`; an account's areas are division codes, and
each holds every code that starts with it ("4408" holds "440802001"); its units are unit codes.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from uuid import UUID


class Role(StrEnum):
    """What an account is for. An account may have several."""

    ADMIN = "admin"
    DISPATCHER = "dispatcher"
    UNIT_MANAGER = "unit_manager"
    GIS = "gis"
    AUDITOR = "auditor"
    MEMBER = "member"


class Reach(StrEnum):
    """How far a permission goes, the widest first."""

    ALL = "all"
    AREA = "area"
    """What lies in the account's areas."""
    UNIT = "unit"
    """What belongs to the account's units."""
    OWN = "own"
    """What is the caller's own."""


class Action(StrEnum):
    """What a route does, as the table and the audit name it."""

    ME_READ = "me.read"
    ME_WRITE = "me.write"
    DEVICE_REVOKE = "device.revoke"
    KEY_READ = "key.read"
    KEY_WRITE = "key.write"
    TASK_READ = "task.read"
    TASK_POST = "task.post"
    TASK_STEER = "task.steer"
    TASK_DISPATCH = "task.dispatch"
    WAVE_READ = "wave.read"
    OFFER_READ = "offer.read"
    OFFER_ANSWER = "offer.answer"
    WHY_READ = "why.read"
    ENGAGEMENT_READ = "engagement.read"
    ENGAGEMENT_MOVE = "engagement.move"
    ENGAGEMENT_NO_SHOW = "engagement.no_show"
    HOURS_READ = "hours.read"
    DUTY_SWITCH = "duty.switch"
    DUTY_READ = "duty.read"
    DUTY_WRITE = "duty.write"
    DUTY_HAND_OVER = "duty.hand_over"
    LIMITS_SET = "limits.set"
    CHECKIN_WRITE = "checkin.write"
    POSITION_READ = "position.read"
    HELP_READ = "help.read"
    HELP_ACKNOWLEDGE = "help.acknowledge"
    LOOK_READ = "look.read"
    MESSAGE_READ = "message.read"
    MESSAGE_WRITE = "message.write"
    NOTE_READ = "note.read"
    NOTE_WRITE = "note.write"
    EVENT_READ = "event.read"
    CONTACT_READ = "contact.read"
    CONTACT_WRITE = "contact.write"
    NOTIFICATION_READ = "notification.read"
    NOTIFICATION_WRITE = "notification.write"
    DATA_EXPORT = "data.export"
    MEMBER_ERASE = "member.erase"
    PLAYBOOK_READ = "playbook.read"
    PLAYBOOK_WRITE = "playbook.write"
    ACTIVATION_READ = "activation.read"
    ACTIVATION_WRITE = "activation.write"
    DRILL_READ = "drill.read"
    DRILL_WRITE = "drill.write"
    MUSTER_ANSWER = "muster.answer"
    GRID_READ = "grid.read"
    LINK_SWITCH = "link.switch"
    COVERAGE_READ = "coverage.read"
    TASK_PLACE_READ = "task_place.read"
    RESPONSE_READ = "response.read"
    MAP_IMPORT = "map.import"
    ROSTER_IMPORT = "roster.import"
    IMPORT_READ = "import.read"
    IMPORT_UNDO = "import.undo"
    ROSTER_READ = "roster.read"
    ROSTER_WRITE = "roster.write"
    MEMBER_ENROL = "member.enrol"
    ACCOUNT_READ = "account.read"
    ACCOUNT_WRITE = "account.write"
    AUDIT_READ = "audit.read"


def everyone(reach: Reach) -> dict[Role, Reach]:
    """The same reach for every role."""
    return dict.fromkeys(Role, reach)


RULES: dict[Action, dict[Role, Reach]] = {
    Action.ME_READ: everyone(Reach.OWN),
    Action.ME_WRITE: everyone(Reach.OWN),
    Action.DEVICE_REVOKE: everyone(Reach.OWN) | {Role.ADMIN: Reach.ALL},
    Action.KEY_READ: {
        Role.GIS: Reach.OWN,
        Role.DISPATCHER: Reach.OWN,
        Role.AUDITOR: Reach.OWN,
        Role.ADMIN: Reach.OWN,
    },
    Action.KEY_WRITE: {
        Role.GIS: Reach.OWN,
        Role.DISPATCHER: Reach.OWN,
        Role.AUDITOR: Reach.OWN,
        Role.ADMIN: Reach.ALL,
    },
    Action.TASK_READ: {Role.DISPATCHER: Reach.AREA, Role.AUDITOR: Reach.AREA},
    Action.TASK_POST: {Role.DISPATCHER: Reach.AREA},
    Action.TASK_STEER: {Role.DISPATCHER: Reach.AREA},
    Action.TASK_DISPATCH: {Role.DISPATCHER: Reach.AREA},
    Action.WAVE_READ: {Role.DISPATCHER: Reach.AREA, Role.AUDITOR: Reach.AREA},
    Action.OFFER_READ: {Role.MEMBER: Reach.OWN},
    Action.OFFER_ANSWER: {Role.MEMBER: Reach.OWN},
    Action.WHY_READ: {Role.MEMBER: Reach.OWN},
    Action.ENGAGEMENT_READ: {Role.MEMBER: Reach.OWN},
    Action.ENGAGEMENT_MOVE: {Role.MEMBER: Reach.OWN},
    Action.ENGAGEMENT_NO_SHOW: {Role.DISPATCHER: Reach.AREA},
    Action.HOURS_READ: {
        Role.DISPATCHER: Reach.AREA,
        Role.AUDITOR: Reach.AREA,
        Role.UNIT_MANAGER: Reach.UNIT,
        Role.ADMIN: Reach.ALL,
    },
    Action.DUTY_SWITCH: {Role.MEMBER: Reach.OWN},
    Action.DUTY_READ: {
        Role.MEMBER: Reach.OWN,
        Role.UNIT_MANAGER: Reach.UNIT,
        Role.DISPATCHER: Reach.AREA,
        Role.ADMIN: Reach.ALL,
    },
    Action.DUTY_WRITE: {Role.UNIT_MANAGER: Reach.UNIT, Role.ADMIN: Reach.ALL},
    Action.DUTY_HAND_OVER: {Role.MEMBER: Reach.OWN},
    Action.LIMITS_SET: {Role.MEMBER: Reach.OWN},
    Action.CHECKIN_WRITE: {Role.MEMBER: Reach.OWN},
    Action.POSITION_READ: {Role.MEMBER: Reach.OWN, Role.DISPATCHER: Reach.AREA},
    Action.HELP_READ: {Role.DISPATCHER: Reach.AREA},
    Action.HELP_ACKNOWLEDGE: {Role.DISPATCHER: Reach.AREA},
    Action.LOOK_READ: {Role.MEMBER: Reach.OWN, Role.AUDITOR: Reach.ALL},
    Action.MESSAGE_READ: {Role.MEMBER: Reach.OWN, Role.DISPATCHER: Reach.AREA, Role.AUDITOR: Reach.AREA},
    Action.MESSAGE_WRITE: {Role.DISPATCHER: Reach.AREA},
    Action.NOTE_READ: {Role.DISPATCHER: Reach.AREA, Role.AUDITOR: Reach.AREA},
    Action.NOTE_WRITE: {Role.DISPATCHER: Reach.AREA},
    Action.EVENT_READ: everyone(Reach.OWN),
    Action.CONTACT_READ: {
        Role.MEMBER: Reach.OWN,
        Role.DISPATCHER: Reach.OWN,
        Role.UNIT_MANAGER: Reach.UNIT,
        Role.ADMIN: Reach.ALL,
    },
    Action.CONTACT_WRITE: {
        Role.MEMBER: Reach.OWN,
        Role.DISPATCHER: Reach.OWN,
        Role.UNIT_MANAGER: Reach.UNIT,
        Role.ADMIN: Reach.ALL,
    },
    Action.NOTIFICATION_READ: {Role.ADMIN: Reach.ALL},
    Action.NOTIFICATION_WRITE: {Role.ADMIN: Reach.ALL},
    Action.DATA_EXPORT: {Role.MEMBER: Reach.OWN},
    Action.MEMBER_ERASE: {Role.MEMBER: Reach.OWN, Role.ADMIN: Reach.ALL},
    Action.PLAYBOOK_READ: {
        Role.DISPATCHER: Reach.ALL,
        Role.AUDITOR: Reach.ALL,
        Role.UNIT_MANAGER: Reach.ALL,
        Role.GIS: Reach.ALL,
        Role.ADMIN: Reach.ALL,
    },
    Action.PLAYBOOK_WRITE: {Role.ADMIN: Reach.ALL},
    Action.ACTIVATION_READ: {
        Role.DISPATCHER: Reach.ALL,
        Role.AUDITOR: Reach.ALL,
        Role.UNIT_MANAGER: Reach.ALL,
        Role.GIS: Reach.ALL,
        Role.ADMIN: Reach.ALL,
    },
    Action.ACTIVATION_WRITE: {Role.DISPATCHER: Reach.AREA, Role.ADMIN: Reach.ALL},
    Action.DRILL_READ: {Role.DISPATCHER: Reach.AREA, Role.AUDITOR: Reach.AREA, Role.ADMIN: Reach.ALL},
    Action.DRILL_WRITE: {Role.DISPATCHER: Reach.AREA},
    Action.MUSTER_ANSWER: {Role.MEMBER: Reach.OWN},
    Action.GRID_READ: everyone(Reach.ALL),
    Action.LINK_SWITCH: {Role.DISPATCHER: Reach.AREA, Role.ADMIN: Reach.ALL},
    Action.COVERAGE_READ: {
        Role.GIS: Reach.AREA,
        Role.DISPATCHER: Reach.AREA,
        Role.AUDITOR: Reach.AREA,
        Role.ADMIN: Reach.ALL,
    },
    Action.TASK_PLACE_READ: {
        Role.GIS: Reach.AREA,
        Role.DISPATCHER: Reach.AREA,
        Role.AUDITOR: Reach.AREA,
        Role.ADMIN: Reach.ALL,
    },
    Action.RESPONSE_READ: {
        Role.DISPATCHER: Reach.AREA,
        Role.AUDITOR: Reach.AREA,
        Role.UNIT_MANAGER: Reach.UNIT,
        Role.ADMIN: Reach.ALL,
    },
    Action.MAP_IMPORT: {Role.GIS: Reach.AREA, Role.ADMIN: Reach.ALL},
    Action.ROSTER_IMPORT: {Role.UNIT_MANAGER: Reach.UNIT, Role.ADMIN: Reach.ALL},
    Action.IMPORT_READ: {
        Role.GIS: Reach.OWN,
        Role.UNIT_MANAGER: Reach.OWN,
        Role.ADMIN: Reach.ALL,
        Role.AUDITOR: Reach.ALL,
    },
    Action.IMPORT_UNDO: {Role.GIS: Reach.OWN, Role.UNIT_MANAGER: Reach.OWN, Role.ADMIN: Reach.ALL},
    Action.ROSTER_READ: {Role.UNIT_MANAGER: Reach.UNIT, Role.DISPATCHER: Reach.AREA, Role.ADMIN: Reach.ALL},
    Action.ROSTER_WRITE: {Role.UNIT_MANAGER: Reach.UNIT, Role.ADMIN: Reach.ALL},
    Action.MEMBER_ENROL: {Role.UNIT_MANAGER: Reach.UNIT, Role.ADMIN: Reach.ALL},
    Action.ACCOUNT_READ: {Role.ADMIN: Reach.ALL},
    Action.ACCOUNT_WRITE: {Role.ADMIN: Reach.ALL},
    Action.AUDIT_READ: {Role.AUDITOR: Reach.ALL, Role.ADMIN: Reach.ALL},
}

READ_ACTIONS = frozenset(
    {
        Action.ME_READ,
        Action.TASK_READ,
        Action.WAVE_READ,
        Action.OFFER_READ,
        Action.WHY_READ,
        Action.ENGAGEMENT_READ,
        Action.HOURS_READ,
        Action.DUTY_READ,
        Action.PLAYBOOK_READ,
        Action.ACTIVATION_READ,
        Action.GRID_READ,
        Action.COVERAGE_READ,
        Action.TASK_PLACE_READ,
        Action.RESPONSE_READ,
        Action.ROSTER_READ,
        Action.ACCOUNT_READ,
        Action.AUDIT_READ,
    }
)
"""What an API key may be given: they change nothing. A key does not list keys, its own account's least of all."""


@cache
def reaches_of(action: Action, roles: frozenset[Role]) -> frozenset[Reach]:
    """How far each of some roles lets one go."""
    return frozenset(reach for role, reach in RULES[action].items() if role in roles)


@cache
def widest(reaches: frozenset[Reach]) -> Reach | None:
    """The widest of some reaches; None of none."""
    return next((reach for reach in Reach if reach in reaches), None)


@dataclass(frozen=True)
class Caller:
    """Who makes a request. The reaches of several roles add up: each role's scope is seen, and no more.

    With an API key (`key_id`, last used at `key_used_at`) it is the key's account, held to the key's `actions`.
    """

    account_id: UUID
    username: str
    roles: frozenset[Role]
    areas: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    member_id: UUID | None = None
    device_id: UUID | None = None
    actions: frozenset[Action] | None = None
    """None holds the caller to nothing but the roles."""
    key_id: UUID | None = None
    key_used_at: datetime | None = None
    until: datetime | None = None
    """When the access token ends, for an answer that may outlast it; else it is not asked."""

    def reaches(self, action: Action) -> frozenset[Reach]:
        """How far each of the caller's roles lets them go; empty is a refusal."""
        if self.actions is not None and action not in self.actions:
            return frozenset()
        return reaches_of(action, self.roles)

    def reach(self, action: Action) -> Reach | None:
        """The widest of them; None is a refusal."""
        return widest(self.reaches(action))

    def holds_area(self, code: str) -> bool:
        """Whether a division or grid code lies in the caller's areas."""
        return any(code.startswith(area) for area in self.areas)

    def may_see_area(self, action: Action, code: str) -> bool:
        """Whether the action reaches what lies in the grid or division of that code."""
        reaches = self.reaches(action)
        return Reach.ALL in reaches or (Reach.AREA in reaches and self.holds_area(code))

    def may_see_unit(self, action: Action, code: str) -> bool:
        """Whether the action reaches what belongs to the unit of that code."""
        reaches = self.reaches(action)
        return Reach.ALL in reaches or (Reach.UNIT in reaches and code in self.units)

    def may_see_member(self, action: Action, member_id: UUID, unit: str, area: str) -> bool:
        """Whether the action reaches a member of that unit who lives in the grid `area`."""
        own = Reach.OWN in self.reaches(action) and self.member_id == member_id
        return own or self.may_see_unit(action, unit) or self.may_see_area(action, area)
