"""The table of who hears what, typed here again cell by cell, and what of an event is told."""

import ast
from pathlib import Path

import pytest

from service.access.rules import Caller, Role
from service.db.base import new_id
from service.events.follow import Happened
from service.live.rules import RULES, View, rule_of, view
from service.live.schemas import EventOut
from tests.conftest import NOON

SERVICE = Path(__file__).parents[2] / "service"

EXPECTED = """
                          admin  dispatcher  unit_manager  gis  auditor  member
map.changed               all    all         all           all  all      all
playbook.changed          all    all         all           all  all      -
activation.created        all    all         all           all  all      -
activation.began          all    all         all           all  all      -
activation.shortened      all    all         all           all  all      -
activation.ended          all    all         all           all  all      -
task.posted               -      area        -             -    area     -
task.changed              -      area        -             -    area     -
task.seats                -      area        -             -    area     -
task.state                -      area        -             -    area     -
task.mode                 -      area        -             -    area     -
task.overdue              -      area        -             -    area     -
task.escalated            -      area        -             -    area     -
task.expired              -      area        -             -    area     -
task.closed               -      area        -             -    area     -
task.cancelled            -      area        -             -    area     -
wave.planned              -      area        -             -    area     -
offer.made                -      area        -             -    area     own
offer.accepted            -      area        -             -    area     own
offer.declined            -      area        -             -    area     own
offer.late_yes            -      area        -             -    area     own
offer.expired             -      area        -             -    area     own
offer.stood_down          -      area        -             -    area     own
offer.superseded          -      area        -             -    area     own
offer.cancelled           -      area        -             -    area     own
engagement.en_route       -      area        -             -    area     own
engagement.on_scene       -      area        -             -    area     own
engagement.released       -      area        -             -    area     own
engagement.withdrawn      -      area        -             -    area     own
engagement.no_show        -      area        -             -    area     own
engagement.preempted      -      area        -             -    area     own
engagement.cancelled      -      area        -             -    area     own
engagement.likely_no_show -      area        -             -    area     own
engagement.confirm_due    -      area        -             -    area     own
message.sent              -      area        -             -    area     own
note.written              -      area        -             -    area     -
duty.switched             all    area        unit          -    -        own
duty.planned              all    area        unit          -    -        own
duty.handover_accepted    all    area        unit          -    -        own
member.changed            all    area        unit          -    -        -
unit.changed              all    area        unit          -    -        -
limits.changed            all    area        unit          -    -        own
drill.started             all    area        -             -    area     -
drill.ended               all    area        -             -    area     -
muster.called             all    area        unit          -    -        own
muster.answered           all    area        unit          -    -        own
member.need_help          -      area        -             -    -        own
account.made              -      -           -             -    -        -
member.erased             -      -           -             -    -        -
"""

ROLES = [Role(name) for name in EXPECTED.split("\n")[1].split()]
CELLS = [
    (kind, role, cell)
    for kind, *cells in (line.split() for line in EXPECTED.strip().split("\n")[1:])
    for role, cell in zip(ROLES, cells, strict=True)
]
MEMBER, OTHER = new_id(), new_id()
HERE, ELSEWHERE = ("440802001", "440802"), ("440882001", "440882")


def caller(*roles, areas=(), units=(), member_id=None):
    """Somebody with those roles and that scope."""
    return Caller(new_id(), "test", frozenset(roles), tuple(areas), tuple(units), member_id)


@pytest.mark.parametrize(("kind", "role", "cell"), CELLS)
def test_each_cell(kind, role, cell):
    event = (kind, HERE[0], ["Z001"], MEMBER)
    whole, own = View.WHOLE, View.OWN
    nowhere = caller(role)
    in_area = caller(role, areas=[HERE[1]])
    other_area = caller(role, areas=[ELSEWHERE[1]])
    in_unit = caller(role, units=["Z001"])
    themselves = caller(role, member_id=MEMBER)
    somebody_else = caller(role, areas=[ELSEWHERE[1]], units=["Z002"], member_id=OTHER)
    heard = [view(who, *event) for who in (nowhere, in_area, other_area, in_unit, themselves, somebody_else)]
    assert (
        heard
        == {
            "all": [whole] * 6,
            "area": [None, whole, None, None, None, None],
            "unit": [None, None, None, whole, None, None],
            "own": [None, None, None, None, own, None],
            "-": [None] * 6,
        }[cell]
    )


def test_roles_add_up():
    event = ("offer.made", HERE[0], [], MEMBER)
    both = caller(Role.MEMBER, Role.DISPATCHER, areas=[ELSEWHERE[1]], member_id=MEMBER)
    assert view(both, *event) is View.OWN
    assert view(caller(Role.MEMBER, Role.DISPATCHER, areas=["4408"], member_id=MEMBER), *event) is View.WHOLE


def test_an_event_of_no_area_is_not_everybodys():
    assert view(caller(Role.DISPATCHER, areas=["4408"]), "task.posted", None, [], None) is None
    assert view(caller(Role.MEMBER), "offer.made", HERE[0], [], None) is None


def recorded_kinds():
    """Every kind that is written with a literal, or the beginning of one."""
    for path in SERVICE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name in {"record", "record_all", "events", "tell"}:
                for each in ast.walk(node):
                    if isinstance(each, ast.Constant) and isinstance(each.value, str) and "." in each.value:
                        yield each.value


def test_whatever_is_recorded_has_a_rule():
    kinds = set(recorded_kinds())
    assert {"offer.made", "task.", "engagement.", "map.changed", "duty.switched"} <= kinds
    assert {kind for kind in kinds if rule_of(kind) is None} == set()
    families = {name.partition(".")[0] for name in RULES} - {"member"}
    assert {kind.partition(".")[0] for kind in kinds} >= families


def told(kind, data, how):
    """The event as it is told."""
    return EventOut.of(Happened(5, 7, NOON, kind, HERE[0], ["Z001"], OTHER, MEMBER, data), how)


SECRETS = {"reason": "他另有任务", "member_id": str(OTHER), "officers": [str(OTHER)], "to_member": str(OTHER)}


@pytest.mark.parametrize(
    ("kind", "data", "task"),
    [
        ("offer.made", {"category": "a", "drill": False, "expires_at": "2026"}, False),
        ("offer.accepted", {"offer": "1", "category": "a", "drill": False}, False),
        ("engagement.cancelled", {"engagement": "1", "category": "a", "drill": False}, True),
        ("message.sent", {"message": "1", "drill": False}, True),
        ("duty.switched", {}, False),
        ("duty.handover_proposed", {"handover": "1", "day": "2026-06-03"}, False),
        ("limits.changed", {}, False),
        ("member.need_help", {}, False),
    ],
)
def test_a_member_is_told_of_no_other_member_and_of_a_task_only_after_the_yes(kind, data, task):
    out = told(kind, data | SECRETS, View.OWN)
    assert out.data == data
    assert (out.task_id is not None) is task
    assert out.member_id == MEMBER


def test_who_reads_the_task_is_told_all():
    out = told("engagement.cancelled", SECRETS, View.WHOLE)
    assert (out.data, out.task_id) == (SECRETS, OTHER)
