"""A file of members against the roster: units, homes, skills, who is gone."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from service.imports.checks.cells import Cells, Row, refuse_repeats
from service.imports.checks.found import Change, Findings, What
from service.imports.checks.scope import Scope
from service.imports.rules import SkillText, code_of, line_of, skills_of, tier_of, truth_of
from service.roster.rules import COMMUNITY_DIGITS, HeldSkill, Tier

COMMUNITY = re.compile(rf"\d{{{COMMUNITY_DIGITS}}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One row of a file of members. What has no column in the file is None, and stays as it is."""

    row: int
    number: str
    name: str
    unit: str
    """By code or by name, as the file has it."""
    community: str
    """Likewise."""
    tier: str | None
    skills: tuple[SkillText, ...] | None
    active: bool | None


@dataclass(frozen=True, slots=True)
class KnownMember:
    """A member of the roster, as an import writes it."""

    number: str
    name: str
    unit_code: str
    home_community: str
    tier: Tier
    skills: tuple[HeldSkill, ...]
    """By code."""
    active: bool


@dataclass(frozen=True, slots=True)
class Roster:
    """What is known: members by number, names of units, communities and skills by code, who is engaged now."""

    members: Mapping[str, KnownMember]
    units: Mapping[str, str]
    communities: Mapping[str, str]
    skills: Mapping[str, tuple[str, ...]]
    """By code, each with its names."""
    engaged: Collection[str] = field(compare=False)
    """Numbers of members who are on the way or on the scene."""


@dataclass(frozen=True, slots=True)
class MemberPlan:
    """What an import of members does: members as they will be, those that it deactivates among them."""

    put: tuple[KnownMember, ...]


def read_members(rows: Sequence[Row], findings: Findings) -> list[MemberRow]:
    """The rows that can be read; what cannot be read is noted."""
    read = []
    for row in rows:
        cells = Cells(row, findings)
        faults = len(findings.defects)
        number = cells.required("number", code_of)
        name = cells.required("name", line_of)
        unit = cells.required("unit_code", line_of)
        community = cells.required("home_community", line_of)
        tier = cells.optional("tier", tier_of)
        skills = cells.optional("skills", skills_of)
        if skills is None and "skills" in row.cells:
            skills = ()
        active = cells.optional("active", truth_of)
        if len(findings.defects) > faults or number is None or name is None or unit is None:
            continue
        read.append(MemberRow(row.row, number, name, unit, community or "", tier, skills, active))
    refuse_repeats([(each.row, each.number) for each in read], "number", findings)
    return read


@dataclass(frozen=True)
class Names:
    """What a file may call units, communities and skills: by code, or by a name that only one has."""

    units: Mapping[str, list[str]]
    communities: Mapping[str, list[str]]
    skills: Mapping[str, list[str]]

    @classmethod
    def of(cls, roster: Roster) -> "Names":
        """The codes of each name."""
        units, communities, skills = defaultdict(list), defaultdict(list), defaultdict(list)
        for code, name in roster.units.items():
            units[name].append(code)
        for code, name in roster.communities.items():
            communities[name].append(code)
        for code, names in roster.skills.items():
            for name in names:
                skills[name.casefold()].append(code)
        return cls(units, communities, skills)


def check_members(
    rows: Sequence[MemberRow], roster: Roster, scope: Scope, *, close: bool, findings: Findings
) -> MemberPlan:
    """Check a file against the roster. With `close`, active members of the file's units that it does not have are
    deactivated; nobody is ever removed."""
    names = Names.of(roster)
    put, units = [], set()
    for each in rows:
        unit = unit_of(each, roster, names, findings)
        community = community_of(each, roster, names, findings)
        skills = skills_held(each, roster, names, findings)
        before = roster.members.get(each.number)
        if unit is None or community is None or (skills is None and each.skills is not None):
            continue
        units.add(unit)
        if not scope.holds_unit(unit):
            findings.defect(each.row, "unit_code", "outside-your-units", unit=unit)
            continue
        if before is not None and not scope.holds_unit(before.unit_code):
            findings.defect(each.row, "number", "member-of-another-unit", number=each.number)
            continue
        after = KnownMember(
            each.number,
            each.name,
            unit,
            community,
            Tier(each.tier) if each.tier else (before.tier if before else Tier.NORMAL),
            skills if skills is not None else (before.skills if before else ()),
            each.active if each.active is not None else (before.active if before else True),
        )
        if note_change(each, before, after, roster, findings):
            put.append(after)
    if close:
        put += gone(rows, units, roster, scope, findings)
    return MemberPlan(tuple(put))


def unit_of(each: MemberRow, roster: Roster, names: Names, findings: Findings) -> str | None:
    """The code of a row's unit."""
    if each.unit in roster.units:
        return each.unit
    codes = names.units.get(each.unit, [])
    if len(codes) == 1:
        return codes[0]
    reason = "unit-ambiguous" if codes else "unit-unknown"
    findings.defect(each.row, "unit_code", reason, unit=each.unit)
    return None


def community_of(each: MemberRow, roster: Roster, names: Names, findings: Findings) -> str | None:
    """The code of a row's community."""
    if each.community in roster.communities:
        return each.community
    codes = names.communities.get(each.community, [])
    if len(codes) == 1:
        return codes[0]
    reason = "community-ambiguous" if codes else "community-unknown"
    findings.defect(each.row, "home_community", reason, community=each.community, count=len(codes))
    return None


def skills_held(
    each: MemberRow, roster: Roster, names: Names, findings: Findings
) -> tuple[HeldSkill, ...] | None:
    """A row's skills by code; None where the file has no such column, or one is unknown."""
    if each.skills is None:
        return None
    held: dict[str, HeldSkill] = {}
    for name, expires_on in each.skills:
        codes = [name] if name in roster.skills else names.skills.get(name.casefold(), [])
        if len(codes) != 1:
            known = ", ".join(sorted(roster.skills))
            findings.defect(each.row, "skills", "skill-unknown", skill=name, known=known)
            return None
        if codes[0] in held:
            findings.defect(each.row, "skills", "skill-twice", found=name)
            return None
        held[codes[0]] = HeldSkill(codes[0], expires_on)
    return tuple(held[code] for code in sorted(held))


def note_change(
    each: MemberRow, before: KnownMember | None, after: KnownMember, roster: Roster, findings: Findings
) -> bool:
    """Note what a row changes; whether it changes anything."""
    if before is None:
        findings.changes.append(Change(What.ADDED, each.number, each.row))
        return True
    fields = tuple(
        name
        for name in ("name", "unit_code", "home_community", "tier", "skills", "active")
        if getattr(before, name) != getattr(after, name)
    )
    if not fields:
        findings.unchanged += 1
        return False
    what = What.CLOSED if before.active and not after.active else What.CHANGED
    findings.changes.append(Change(what, each.number, each.row, fields))
    if what is What.CLOSED and each.number in roster.engaged:
        findings.note(each.row, "active", "member-engaged", number=each.number)
    return True


def gone(
    rows: Sequence[MemberRow],
    units: Collection[str],
    roster: Roster,
    scope: Scope,
    findings: Findings,
) -> list[KnownMember]:
    """The active members of the file's units whom it does not have, deactivated."""
    numbers = {each.number for each in rows}
    found = []
    for number, member in sorted(roster.members.items()):
        if number in numbers or member.unit_code not in units or not member.active:
            continue
        findings.changes.append(Change(What.CLOSED, number, None, ("active",)))
        if number in roster.engaged:
            findings.note(None, "active", "member-engaged", number=number)
        found.append(replace(member, active=False))
    return found
