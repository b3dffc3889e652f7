"""The members: where they live and are, what they can do, and when they are on duty."""

from collections import Counter
from dataclasses import fields

import numpy as np
import pytest
import shapely

from service.demo.city import City
from service.demo.people import Member
from service.demo.plane import to_km

WEEK = 7 * 1440


def _leaves(city: City) -> dict[str, shapely.MultiPolygon]:
    return {d.code: d.polygon for d in city.divisions if d.level == "community"}


def test_there_are_2000_members_with_numbers_and_names_of_their_own(city: City) -> None:
    assert [m.number for m in city.members] == [f"M{n:04d}" for n in range(1, 2001)]
    assert len({m.name for m in city.members}) == 2000
    assert all(m.name.startswith("示例") for m in city.members)


def test_the_roster_holds_what_dispatch_needs_and_nothing_else() -> None:
    held = "number name unit_code home_code home_lon home_lat tier skills duty presence"
    assert {f.name for f in fields(Member)} == set(held.split())


def test_every_unit_has_members_of_both_tiers_in_all(city: City) -> None:
    sizes = Counter(m.unit_code for m in city.members)
    assert set(sizes) == {u.code for u in city.units}
    assert min(sizes.values()) >= 8
    assert Counter(m.tier for m in city.members) == {"normal": 1500, "standby": 500}


def test_homes_lie_in_their_communities_mostly_in_the_unit_s_county(city: City) -> None:
    leaves = _leaves(city)
    for member in city.members:
        assert shapely.contains_xy(leaves[member.home_code], member.home_lon, member.home_lat)
    county = {u.code: u.county_code for u in city.units}
    same = [m.home_code[:6] == county[m.unit_code] for m in city.members]
    assert 0.65 < np.mean(same) < 0.85
    urban = {d.code for d in city.divisions if d.urban}
    assert np.mean([m.home_code in urban for m in city.members]) > 0.8


def test_skills_are_those_of_the_catalogue_and_some_expire(city: City) -> None:
    catalogue = {s.code for s in city.skills}
    assert len(catalogue) == len(city.skills) >= 10
    held = [s for m in city.members for s in m.skills]
    assert {s.code for s in held} == catalogue
    for member in city.members:
        assert len({s.code for s in member.skills}) == len(member.skills) <= 3
    expiring = [s.expires_in_days for s in held if s.expires_in_days is not None]
    share = np.mean([any(s.expires_in_days is not None for s in m.skills) for m in city.members])
    assert 0.08 <= share <= 0.2
    assert sum(days < 0 for days in expiring) >= 20
    assert sum(0 <= days <= 30 for days in expiring) >= 20


def test_duty_slots_are_well_formed(city: City) -> None:
    for member in city.members:
        assert member.duty
        assert list(member.duty) == sorted(member.duty)
        for slot in member.duty:
            assert 0 <= slot.weekday <= 6
            assert 0 <= slot.from_minute < slot.to_minute <= 1440
        for a, b in zip(member.duty, member.duty[1:], strict=False):
            assert a.weekday < b.weekday or a.to_minute < b.from_minute


def test_at_every_minute_of_the_week_enough_members_are_on_duty(city: City) -> None:
    on_duty = np.zeros(WEEK)
    standby = np.zeros(WEEK)
    for member in city.members:
        for slot in member.duty:
            minutes = slice(slot.weekday * 1440 + slot.from_minute, slot.weekday * 1440 + slot.to_minute)
            on_duty[minutes] += 1
            standby[minutes] += member.tier == "standby"
    share = on_duty / len(city.members)
    assert share.min() >= 0.30
    assert 0.35 <= np.median(share) <= 0.60
    assert share.max() <= 0.65
    assert share[2 * 1440 + 600] > share[2 * 1440 + 120] + 0.1  # Wednesday 10:00 and 02:00
    assert standby.min() / 500 >= 0.9


def test_presence_is_of_all_ages_and_near_land(city: City) -> None:
    present = [m.presence for m in city.members if m.presence]
    assert len(present) / 2000 == pytest.approx(0.85, abs=0.03)
    ages = np.array([p.age_s for p in present])
    assert np.mean(ages < 480) == pytest.approx(0.4, abs=0.05)
    assert np.mean((ages >= 480) & (ages < 3600)) == pytest.approx(0.3, abs=0.05)
    assert ages.min() > 0
    assert ages.max() > 86400
    accuracy = [p.accuracy_m for p in present]
    assert min(accuracy) >= 5
    assert max(accuracy) <= 60
    land = city.divisions[0].polygon
    outside = [p for p in present if not shapely.contains_xy(land, p.lon, p.lat)]
    assert 3 <= len(outside) <= 20
    plane = shapely.transform(land, to_km)
    for p in outside:
        assert plane.distance(shapely.points(to_km(np.array([p.lon, p.lat])))) <= 0.3


def test_presence_is_near_the_office_or_the_home(city: City) -> None:
    office = {u.code: (u.office_lon, u.office_lat) for u in city.units}
    for m in city.members:
        if m.presence:
            here = to_km(np.array([m.presence.lon, m.presence.lat]))
            ways = [
                np.hypot(*(here - to_km(np.array(p))))
                for p in (office[m.unit_code], (m.home_lon, m.home_lat))
            ]
            assert min(ways) < 6


def test_two_islands_have_people_of_their_own(city):
    by_unit = {unit.code: unit.office_code for unit in city.units}
    for town in ("440811173", "440804100"):
        there = [m for m in city.members if by_unit[m.unit_code].startswith(town)]
        assert len(there) >= 8
