"""All that is kept about one member, section by section, and nothing of other people's.

Left out are hashes of secrets, answers kept for a day so that a repeated request gets the same one, and the outbox,
which says once more, by ids, what the sections say.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

ROWS_AT_A_TIME = 1000

SECTIONS: dict[str, str] = {
    "member": """
        SELECT m.id, m.number, m.name, u.code AS unit_code, u.name AS unit_name, g.code AS home_grid,
               ST_X(m.home) AS home_lon, ST_Y(m.home) AS home_lat, m.tier, m.active, m.opted_out, m.created_at
        FROM member m JOIN unit u ON u.id = m.unit_id JOIN grid g ON g.id = m.home_grid_id WHERE m.id = :member
    """,
    "account": """
        SELECT id, username, display_name, contact, roles, areas, units, active, created_at
        FROM account WHERE member_id = :member
    """,
    "skills": """
        SELECT skill_code, expires_on FROM member_skill WHERE member_id = :member ORDER BY skill_code
    """,
    "duty_slots": """
        SELECT weekday, from_minute, to_minute FROM duty_slot WHERE member_id = :member
        ORDER BY weekday, from_minute
    """,
    "duty_exceptions": """
        SELECT day, from_minute, to_minute, on_duty FROM duty_exception WHERE member_id = :member
        ORDER BY day, from_minute
    """,
    "duty_switch": "SELECT state, set_at, until FROM duty_switch WHERE member_id = :member",
    "handovers": """
        SELECT CASE WHEN from_member_id = :member THEN 'given' ELSE 'taken' END AS side, day, from_minute,
               to_minute, state, created_at, decided_at
        FROM handover WHERE from_member_id = :member OR to_member_id = :member ORDER BY created_at, id
    """,
    "musters": """
        SELECT d.title, d.area_name, d.started_at, d.until, c.answer, c.answered_at
        FROM muster_call c JOIN drill d ON d.id = c.drill_id WHERE c.member_id = :member ORDER BY d.started_at, d.id
    """,
    "limits": """
        SELECT weekly_hours, quiet_from, quiet_to, unwanted FROM member_limits WHERE member_id = :member
    """,
    "contacts": "SELECT channel, address, created_at FROM contact WHERE member_id = :member ORDER BY channel",
    "notify_preference": "SELECT language, ladders FROM notify_preference WHERE member_id = :member",
    "devices": """
        SELECT d.id, d.kind, d.name, d.created_at, d.expires_at, d.last_used_at, d.revoked_at
        FROM device d JOIN account a ON a.id = d.account_id WHERE a.member_id = :member
        ORDER BY d.created_at, d.id
    """,
    "enrolment_codes": """
        SELECT created_at, expires_at, used_at FROM enrolment_code WHERE member_id = :member ORDER BY created_at
    """,
    "offers": """
        SELECT o.id, o.task_id, t.category, t.drill, t.grid_name AS rough_place, o.state, o.travel_minutes,
               o.acceptance, o.created_at, o.expires_at, o.answer, o.answered_at, o.ended_at, o.decline_reason
        FROM offer o JOIN task t ON t.id = o.task_id WHERE o.member_id = :member ORDER BY o.created_at, o.id
    """,
    "not_asked": """
        SELECT task_id, at, entry ->> 'reason' AS reason,
               CAST(entry ->> 'travel_minutes' AS integer) AS travel_minutes
        FROM (SELECT w.task_id, w.created_at AS at,
                     jsonb_path_query_first(w.not_chosen, '$[*] ? (@.member_id == $me)',
                         jsonb_build_object('me', CAST(CAST(:member AS uuid) AS text))) AS entry
              FROM wave w WHERE w.considered @> ARRAY[CAST(:member AS uuid)]) named
        ORDER BY at, task_id
    """,
    "engagements": """
        SELECT e.id, e.task_id, e.offer_id, t.category, t.drill, t.grid_name AS rough_place, e.state,
               e.accepted_at, e.move_by, e.en_route_at, e.on_scene_at, e.confirm_by, e.confirmed_at, e.ended_at,
               e.end_reason, e.rest_until, e.counted_for
        FROM engagement e JOIN task t ON t.id = e.task_id WHERE e.member_id = :member
        ORDER BY e.accepted_at, e.id
    """,
    "messages": """
        SELECT s.task_id, s.at, s.text FROM message s JOIN engagement e ON e.task_id = s.task_id
        WHERE e.member_id = :member AND (e.ended_at IS NULL OR s.at <= e.ended_at)
        GROUP BY s.id ORDER BY s.at, s.id
    """,
    "notifications": """
        SELECT id, template, params, urgency, task_id, offer_id, state, created_at, ended_at
        FROM notification WHERE member_id = :member ORDER BY created_at, id
    """,
    "deliveries": """
        SELECT d.notification_id, d.channel, d.state, d.attempts, d.created_at, d.ended_at
        FROM delivery d JOIN notification n ON n.id = d.notification_id WHERE n.member_id = :member
        ORDER BY d.created_at, d.id
    """,
    "presence": """
        SELECT p.at, ST_X(p.location) AS lon, ST_Y(p.location) AS lat, p.accuracy_m, p.crs, g.code AS grid,
               p.coarse, p.marks, p.how, p.how_at, p.duty_until, p.tracked_until
        FROM presence p LEFT JOIN grid g ON g.id = p.grid_id WHERE p.member_id = :member
    """,
    "checkins": """
        SELECT c.id, c.at, c.received_at, c.lon, c.lat, c.accuracy_m, g.code AS grid, c.marks, c.how
        FROM checkin c JOIN grid g ON g.id = c.grid_id WHERE c.member_id = :member ORDER BY c.at, c.id
    """,
    "help_calls": """
        SELECT area_code AS grid, task_id, drill, called_at, last_at, times, acknowledged_at
        FROM help_call WHERE member_id = :member ORDER BY called_at, id
    """,
    "looks": """
        SELECT l.at, a.display_name AS by, a.roles, l.precision, l.task_id
        FROM position_look l JOIN account a ON a.id = l.account_id WHERE l.member_id = :member
        ORDER BY l.at, l.id
    """,
    "audit": """
        SELECT e.at, e.action, e.outcome, e.subject, e.detail
        FROM audit e JOIN account a ON a.id = e.account_id WHERE a.member_id = :member ORDER BY e.at, e.id
    """,
}
"""By the section's name in `schemas.data.MemberData`, which says the units."""


async def rows_of(session: AsyncSession, section: str, member_id: UUID) -> AsyncIterator[Sequence[Row[Any]]]:
    """The rows of a section, some at a time."""
    found = await session.stream(text(SECTIONS[section]), {"member": member_id})
    async for some in found.partitions(ROWS_AT_A_TIME):
        yield some
