"""What if: the city with another playbook, roster or share of standby members. Pure."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from hashlib import blake2b
from io import StringIO

from service.dispatch.engine.playbook import Draft
from service.errors import SetupError
from service.roster.rules import HeldSkill, Tier
from service.simulate.city import City, Person, Playbook

ROSTER_COLUMNS = ("number", "tier", "active", "skills")
MOST_FACTOR = 5.0


def with_playbook(city: City, category: str, draft: Draft) -> City:
    """The city with that playbook in force."""
    tried = Playbook(
        version=0,
        name_zh=draft.name_zh,
        name_en=draft.name_en,
        sections={mode: asdict(section) for mode, section in draft.sections.items()},
        levels={level: dict(changes) for level, changes in draft.levels.items()},
    )
    return replace(city, playbooks={**city.playbooks, category: tried})


def with_standby(city: City, share: float) -> City:
    """The city with that share of standby members, chosen by lot among the others, or released by lot.

    Whoever changes takes the week of somebody of their new tier. Raises SetupError where there is nobody like that.
    """
    by_lot = sorted(city.people, key=lambda person: _lot("standby", person.number))
    standby = [person for person in by_lot if person.tier is Tier.STANDBY]
    normal = [person for person in by_lot if person.tier is Tier.NORMAL]
    wanted = round(share * len(by_lot))
    if wanted > len(standby):
        changing, tier, like = normal[: wanted - len(standby)], Tier.STANDBY, standby
    else:
        changing, tier, like = standby[: len(standby) - wanted], Tier.NORMAL, normal
    if changing and not like:
        raise SetupError(
            f"--standby {share:g}: the city has no {tier} member whose week those could take over; "
            "enter the week of one first."
        )
    changed = {
        person.number: replace(person, tier=tier, plans=like[at % len(like)].plans)
        for at, person in enumerate(changing)
    }
    return replace(city, people=tuple(changed.get(person.number, person) for person in city.people))


def with_factor(city: City, factor: float) -> City:
    """The city with so many times its members: some left out by lot, or some there twice."""
    by_lot = sorted(city.people, key=lambda person: _lot("roster", person.number))
    wanted = round(factor * len(by_lot))
    people = by_lot[: min(wanted, len(by_lot))]
    for at in range(len(by_lot), wanted):
        like = by_lot[at % len(by_lot)]
        people.append(replace(like, number=f"{like.number}+{at // len(by_lot)}"))
    return replace(city, people=tuple(sorted(people, key=lambda person: person.number)))


def with_roster(city: City, text: str) -> City:
    """The city with what a CSV file says of members: `number`, and any of `tier`, `active` (yes, no) and `skills`
    (codes with blanks between). Who is not named stays as they are. Raises SetupError with what is wrong, by line."""
    rows = list(csv.DictReader(StringIO(text)))
    columns = list(rows[0]) if rows else []
    known = {person.number: person for person in city.people}
    if "number" not in columns or not set(columns) <= set(ROSTER_COLUMNS):
        raise SetupError(
            f"--roster: the file has the columns {', '.join(map(str, columns)) or '(none)'}; it needs number, and may "
            f"have {', '.join(ROSTER_COLUMNS[1:])}."
        )
    faults, changed = [], {}
    for line, row in enumerate(rows, 2):
        person = known.get(row["number"] or "")
        if person is None:
            faults.append(f"line {line}: there is no member {row['number']}")
            continue
        try:
            changed[person.number] = _changed(person, row, city.skills)
        except ValueError as error:
            faults.append(f"line {line}: {error}")
    if faults:
        raise SetupError("--roster: " + "; ".join(faults[:10]) + (" …" if len(faults) > 10 else "") + ".")
    return replace(city, people=tuple(changed.get(person.number, person) for person in city.people))


def _changed(person: Person, row: Mapping[str, str | None], skills: frozenset[str]) -> Person:
    if tier := row.get("tier"):
        if tier not in list(Tier):
            raise ValueError(f"tier is {tier}; it must be {' or '.join(Tier)}")
        person = replace(person, tier=Tier(tier))
    if active := row.get("active"):
        if active not in ("yes", "no"):
            raise ValueError(f"active is {active}; it must be yes or no")
        person = replace(person, active=active == "yes")
    if (codes := row.get("skills")) is not None:
        unknown = [code for code in codes.split() if code not in skills]
        if unknown:
            raise ValueError(f"the city knows no skill {', '.join(unknown)}")
        person = replace(person, skills=_held(codes.split()))
    return person


def _held(codes: Sequence[str]) -> tuple[HeldSkill, ...]:
    return tuple(HeldSkill(code, None) for code in sorted(codes))


def _lot(what: str, number: str) -> bytes:
    return blake2b(f"{what}/{number}".encode(), digest_size=8).digest()
