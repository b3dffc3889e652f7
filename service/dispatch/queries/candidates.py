"""The members around a task, or named ones, as the planner sees them: one statement, found by their grids."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from service.db import driver
from service.dispatch.engine.acceptance import posterior, prior_at
from service.dispatch.engine.problem import Candidate, Place, Precedence, Skill, Source
from service.dispatch.queries.ground import Ground
from service.dispatch.queries.hours import RECENT, hours_binds, hours_sql
from service.dispatch.rules import ASK_AGAIN_AFTER, in_office_hours
from service.roster.queries.duty import on_duty_binds, on_duty_sql
from service.roster.rules import Limits, LocalTime, Quiet, Tier, quiet_until, week_start

Prior = tuple[tuple[int, float], ...]

DUTY_PLACE_UNCERTAINTY_M = {Source.OFFICE: 300.0, Source.HOME: 1000.0}
"""How far from their duty place a member without a fresh presence may be."""

HISTORY = timedelta(days=180)
"""Older answers say nothing of how somebody answers now."""
HISTORY_OFFERS = 20
"""So many of a member's answers are looked at, the newest."""


NEAR_OFFICES = """
    SELECT m.id FROM unit u CROSS JOIN LATERAL (SELECT id FROM member WHERE member.unit_id = u.id OFFSET 0) m
    WHERE u.office_grid_id = ANY(:grids)
"""
NEAR_HOMES = "SELECT m.id FROM member m WHERE m.home_grid_id = ANY(:grids)"


def in_grids_sql(at_office: bool) -> str:
    """The members whose place for dispatch lies in one of the leaf grids.

    A fresh presence that was not blurred says where somebody is; only without one does the duty place count. Both are
    found through indexes on grid ids, so the cost follows the people in those grids and not the city's.
    """
    return f"""
        SELECT p.member_id AS id FROM presence p WHERE p.grid_id = ANY(:grids) AND p.at >= :fresh_since
              AND NOT p.coarse
        UNION ALL
        SELECT d.id FROM ({NEAR_OFFICES if at_office else NEAR_HOMES}) d
        WHERE (SELECT true FROM presence p WHERE p.member_id = d.id AND p.at >= :fresh_since
               AND NOT p.coarse LIMIT 1) IS NULL
    """


NAMED_SQL = "SELECT unnest(CAST(:members AS uuid[])) AS id"


def candidates_sql(near: str, at_office: bool) -> str:
    """All that planning may know of the members that `near` finds.

    OFFSET 0, LIMIT and aggregates keep each look-up a look-up by key: a planner that overestimates `near` would
    otherwise hash whole tables, and the cost would follow the city. What a member has done is bounded too: by their
    newest answers, and by what they did of late. An offer that nobody answered counts as a no; one that ended before
    its time was up says nothing.
    """
    place, grid = ("u.office", "u.office_grid_id") if at_office else ("m.home", "m.home_grid_id")
    return f"""
        WITH near AS MATERIALIZED ({near}),
        asked AS MATERIALIZED (
            SELECT o.member_id FROM offer o WHERE o.task_id = :task
            AND (o.state IN ('accepted', 'declined') OR o.state = 'expired' AND o.ended_at > :forgiven)
        )
        SELECT m.id, u.code AS unit_code, hg.code AS home_code, m.tier, m.active, m.opted_out,
               coalesce(p.at >= :fresh_since AND NOT p.coarse, false) AS fresh, p.accuracy_m,
               p.grid_id AS presence_grid_id, ST_X(p.location) AS presence_lon, ST_Y(p.location) AS presence_lat,
               {grid} AS duty_grid_id, ST_X({place}) AS duty_lon, ST_Y({place}) AS duty_lat,
               coalesce(held.skills, '{{}}') AS skills, coalesce(held.expired, '{{}}') AS expired_skills,
               {on_duty_sql()} AS on_duty,
               (SELECT o.precedence FROM offer o WHERE o.member_id = m.id AND o.state = 'pending'
                LIMIT 1) AS offered,
               live.precedence AS engaged, coalesce(live.state = 'on_scene', false) AS on_scene,
               m.id IN (SELECT member_id FROM asked) AS asked,
               l.weekly_hours, l.quiet_from, l.quiet_to, l.unwanted,
               answers.yes, answers.decided, late.load, late.week_hours, late.resting_until
        FROM near
        CROSS JOIN LATERAL (SELECT * FROM member WHERE member.id = near.id AND erased_at IS NULL OFFSET 0) m
        CROSS JOIN LATERAL (SELECT * FROM unit WHERE unit.id = m.unit_id OFFSET 0) u
        CROSS JOIN LATERAL (SELECT code FROM grid WHERE grid.id = m.home_grid_id OFFSET 0) hg
        LEFT JOIN LATERAL (SELECT * FROM presence WHERE presence.member_id = m.id OFFSET 0) p ON true
        LEFT JOIN LATERAL (SELECT * FROM duty_switch WHERE duty_switch.member_id = m.id OFFSET 0) sw ON true
        LEFT JOIN LATERAL (SELECT * FROM member_limits WHERE member_limits.member_id = m.id OFFSET 0) l ON true
        LEFT JOIN LATERAL (
            SELECT e.precedence, e.state FROM engagement e
            WHERE e.member_id = m.id AND e.state IN ('accepted', 'en_route', 'on_scene') LIMIT 1
        ) live ON true
        CROSS JOIN LATERAL (
            SELECT array_agg(s.skill_code) FILTER (WHERE s.expires_on IS NULL OR s.expires_on >= :today) AS skills,
                   array_agg(s.skill_code) FILTER (WHERE s.expires_on < :today) AS expired
            FROM member_skill s WHERE s.member_id = m.id
        ) held
        CROSS JOIN LATERAL (
            SELECT count(*) AS decided, count(*) FILTER (WHERE o.answer = 'yes') AS yes
            FROM (SELECT o.answer FROM offer o WHERE o.member_id = m.id AND o.created_at >= :history_since
                  AND o.precedence <> 'drill' AND (o.answer IS NOT NULL OR o.state = 'expired')
                  ORDER BY o.created_at DESC LIMIT {HISTORY_OFFERS}) o
        ) answers
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE e.precedence <> 'drill') AS load,
                   coalesce(sum({hours_sql()}), 0) AS week_hours, max(e.rest_until) AS resting_until
            FROM engagement e WHERE e.member_id = m.id AND e.accepted_at >= :recent_since
        ) late
        ORDER BY m.id
    """


async def candidates_in(
    session: AsyncSession,
    ground: Ground,
    grids: Sequence[UUID],
    task_id: UUID,
    prior: Prior,
    now: datetime,
) -> list[Candidate]:
    """The members whose place for dispatch is in one of the leaf grids, eligible or not."""
    return await read(session, ground, IN_GRIDS, {"grids": list(grids)}, task_id, prior, now)


async def candidates_named(
    session: AsyncSession,
    ground: Ground,
    members: Sequence[UUID],
    task_id: UUID,
    prior: Prior,
    now: datetime,
) -> list[Candidate]:
    """Those members, wherever they are; ids that are nobody's are left out."""
    return await read(session, ground, NAMED, {"members": list(members)}, task_id, prior, now)


def statements(near: Callable[[bool], str]) -> dict[bool, driver.Compiled]:
    """Both statements that find members in one way: those of office hours under True."""
    return {
        at_office: driver.compiled(text(candidates_sql(near(at_office), at_office)))
        for at_office in (False, True)
    }


IN_GRIDS = statements(in_grids_sql)
NAMED = statements(lambda at_office: NAMED_SQL)


async def read(
    session: AsyncSession,
    ground: Ground,
    statement: Mapping[bool, driver.Compiled],
    whom: Mapping[str, Any],
    task_id: UUID,
    prior: Prior,
    now: datetime,
) -> list[Candidate]:
    """Run one of the statements."""
    at = LocalTime.of(now, ground.zone)
    at_office = in_office_hours(now, ground.zone)
    rows = await driver.rows(session, statement[at_office], **whom, **binds(ground, task_id, at))
    source = Source.OFFICE if at_office else Source.HOME
    expected = prior_at(prior, at.hour)

    @cache
    def quiet_end(hours: Quiet | None) -> datetime | None:
        return quiet_until(*hours, at) if hours else None

    found = []
    for row in rows:
        in_force = ground.limits
        if row["weekly_hours"] is not None or row["quiet_from"] is not None:
            own = Quiet(row["quiet_from"], row["quiet_to"]) if row["quiet_from"] is not None else None
            in_force = Limits(row["weekly_hours"], own).in_force(ground.limits)
        found.append(
            as_candidate(
                row,
                source,
                acceptance=posterior(expected, row["yes"], row["decided"]),
                most_week_hours=in_force.weekly_hours,
                quiet_until=quiet_end(in_force.quiet),
            )
        )
    return found


def binds(ground: Ground, task_id: UUID, at: LocalTime) -> dict[str, Any]:
    """The values that the statements want, besides whom to find."""
    now = at.now
    return {
        **on_duty_binds(at),
        **hours_binds(week_start(now, ground.zone), now, now),
        "fresh_since": now - ground.presence_fresh,
        "today": at.day,
        "task": task_id,
        "forgiven": now - ASK_AGAIN_AFTER,
        "history_since": now - HISTORY,
        "recent_since": now - RECENT,
    }


TIERS = {str(tier): tier for tier in Tier}


def skills_of(current: Sequence[str], expired: Sequence[str]) -> tuple[Skill, ...]:
    """What a member can do, and could do once; most have nothing to say."""
    if not current and not expired:
        return ()
    return (*map(Skill, sorted(current)), *(Skill(code, expired=True) for code in sorted(expired)))


def as_candidate(
    row: driver.Record,
    duty_source: Source,
    *,
    acceptance: float,
    most_week_hours: float,
    quiet_until: datetime | None,
) -> Candidate:
    """One row in the planner's words."""
    if row["fresh"]:
        place = Place(
            row["presence_lon"],
            row["presence_lat"],
            row["presence_grid_id"],
            Source.PRESENCE,
            row["accuracy_m"],
        )
    else:
        uncertainty = DUTY_PLACE_UNCERTAINTY_M[duty_source]
        place = Place(row["duty_lon"], row["duty_lat"], row["duty_grid_id"], duty_source, uncertainty)
    return Candidate(
        member_id=row["id"],
        unit_code=row["unit_code"],
        home_code=row["home_code"],
        place=place,
        tier=TIERS[row["tier"]],
        acceptance=acceptance,
        active=row["active"],
        on_duty=row["on_duty"],
        skills=skills_of(row["skills"], row["expired_skills"]),
        opted_out=frozenset(row["opted_out"]),
        unwanted=frozenset(row["unwanted"] or ()),
        resting_until=row["resting_until"],
        week_hours=row["week_hours"],
        most_week_hours=most_week_hours,
        quiet_until=quiet_until,
        offered=Precedence(row["offered"]) if row["offered"] else None,
        engaged=Precedence(row["engaged"]) if row["engaged"] else None,
        on_scene=row["on_scene"],
        already_asked=row["asked"],
        recent_load=row["load"],
    )
