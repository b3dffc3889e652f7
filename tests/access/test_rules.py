"""The table of rules, cell by cell, typed here again; and what a scope holds."""

import pytest

from service.access.rules import RULES, Action, Caller, Reach, Role
from service.db.base import new_id

EXPECTED = """
                    admin  dispatcher  unit_manager  gis  auditor  member
me.read             own    own         own           own  own      own
me.write            own    own         own           own  own      own
device.revoke       all    own         own           own  own      own
key.read            own    own         -             own  own      -
key.write           all    own         -             own  own      -
task.read           -      area        -             -    area     -
task.post           -      area        -             -    -        -
task.steer          -      area        -             -    -        -
task.dispatch       -      area        -             -    -        -
wave.read           -      area        -             -    area     -
offer.read          -      -           -             -    -        own
offer.answer        -      -           -             -    -        own
why.read            -      -           -             -    -        own
engagement.read     -      -           -             -    -        own
engagement.move     -      -           -             -    -        own
engagement.no_show  -      area        -             -    -        -
hours.read          all    area        unit          -    area     -
duty.switch         -      -           -             -    -        own
duty.read           all    area        unit          -    -        own
duty.write          all    -           unit          -    -        -
duty.hand_over      -      -           -             -    -        own
limits.set          -      -           -             -    -        own
checkin.write       -      -           -             -    -        own
position.read       -      area        -             -    -        own
help.read           -      area        -             -    -        -
help.acknowledge    -      area        -             -    -        -
look.read           -      -           -             -    all      own
message.read        -      area        -             -    area     own
message.write       -      area        -             -    -        -
note.read           -      area        -             -    area     -
note.write          -      area        -             -    -        -
event.read          own    own         own           own  own      own
contact.read        all    own         unit          -    -        own
contact.write       all    own         unit          -    -        own
notification.read   all    -           -             -    -        -
notification.write  all    -           -             -    -        -
data.export         -      -           -             -    -        own
member.erase        all    -           -             -    -        own
playbook.read       all    all         all           all  all      -
playbook.write      all    -           -             -    -        -
activation.read     all    all         all           all  all      -
activation.write    all    area        -             -    -        -
drill.read          all    area        -             -    area     -
drill.write         -      area        -             -    -        -
muster.answer       -      -           -             -    -        own
grid.read           all    all         all           all  all      all
link.switch         all    area        -             -    -        -
coverage.read       all    area        -             area area     -
task_place.read     all    area        -             area area     -
response.read       all    area        unit          -    area     -
map.import          all    -           -             area -        -
roster.import       all    -           unit          -    -        -
import.read         all    -           own           own  all      -
import.undo         all    -           own           own  -        -
roster.read         all    area        unit          -    -        -
roster.write        all    -           unit          -    -        -
member.enrol        all    -           unit          -    -        -
account.read        all    -           -             -    -        -
account.write       all    -           -             -    -        -
audit.read          all    -           -             -    all      -
"""


def expected_cells():
    """(action, role, reach or None) of each cell."""
    head, *rows = [line.split() for line in EXPECTED.strip().splitlines()]
    for action, *reaches in rows:
        for role, reach in zip(head, reaches, strict=True):
            yield action, role, None if reach == "-" else reach


CELLS = list(expected_cells())


def caller(*roles, **scopes):
    """A caller with those roles."""
    return Caller(new_id(), "li", frozenset(map(Role, roles)), **scopes)


@pytest.mark.parametrize(("action", "role", "reach"), CELLS)
def test_each_cell(action, role, reach):
    assert caller(role).reach(Action(action)) == reach


def test_the_table_typed_here_is_whole():
    assert {(action, role) for action, role, _ in CELLS} == {
        (action, role) for action in Action for role in Role
    }
    assert set(RULES) == set(Action)


def test_a_key_reaches_what_its_account_does_and_only_its_actions():
    who = caller("gis", actions=frozenset({Action.GRID_READ, Action.AUDIT_READ}))
    assert who.reach(Action.GRID_READ) is Reach.ALL
    assert who.reach(Action.AUDIT_READ) is None, "its account may not"
    assert who.reach(Action.PLAYBOOK_READ) is None, "the key may not"


def test_nobody_may_anything_without_a_role():
    assert all(caller().reach(action) is None for action in Action)


@pytest.mark.parametrize(
    ("area", "code", "holds"),
    [
        ("4408", "4408", True),
        ("4408", "440802001", True),
        ("440802", "4408", False),
        ("440802", "440803001", False),
        ("440802001001", "440802001001G07", True),
    ],
)
def test_an_area_holds_what_starts_with_it(area, code, holds):
    who = caller("dispatcher", areas=("450000", area))
    assert who.holds_area(code) is holds
    assert who.may_see_area(Action.TASK_READ, code) is holds


def test_an_area_opens_only_what_the_role_reaches_by_area():
    who = caller("unit_manager", "dispatcher", areas=("4408",), units=("U01",))
    assert not who.may_see_area(Action.ROSTER_WRITE, "440802")
    assert who.may_see_unit(Action.ROSTER_WRITE, "U01")
    assert not who.may_see_unit(Action.ROSTER_WRITE, "U02")
    assert not who.may_see_unit(Action.TASK_READ, "U01")


def test_no_area_sees_nothing_and_all_sees_everything():
    assert not caller("dispatcher").may_see_area(Action.TASK_READ, "440802")
    assert caller("admin").may_see_unit(Action.ROSTER_READ, "U77")
    assert caller("admin").may_see_area(Action.ROSTER_READ, "990000")


def test_the_scopes_of_several_roles_add_up():
    who = caller("unit_manager", "dispatcher", areas=("440802",), units=("U01",))
    assert who.reach(Action.ROSTER_READ) is Reach.AREA
    assert who.may_see_member(Action.ROSTER_READ, new_id(), unit="U01", area="440803001")
    assert who.may_see_member(Action.ROSTER_READ, new_id(), unit="U02", area="440802001")
    assert not who.may_see_member(Action.ROSTER_READ, new_id(), unit="U02", area="440803001")


def test_own_is_the_callers_own_member():
    who = caller("member", member_id=new_id())
    assert who.may_see_member(Action.OFFER_READ, who.member_id, unit="U01", area="4408")
    assert not who.may_see_member(Action.OFFER_READ, new_id(), unit="U01", area="4408")
    assert not caller("member").may_see_member(Action.OFFER_READ, new_id(), unit="U01", area="4408")
