"""The read-only views that map clients and the database role of GIS officers read: the map, its coverage, tasks' places.

None shows a person. Whoever may read a view may also EXPLAIN ANALYZE it, and the plan tells how many rows each step
read: so people are counted inside functions, whose plans are not shown. A count from 1 to 4 is not said, nor a sum over
units of which one is that small.

A later migration that changes a column which a view reads has to drop the view first, and make it again.

Revision: 0005
Revises: 0004
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


# A body in BEGIN ATOMIC names its tables once and for all: no search path of a caller's puts others in their place.
COUNTS = {
    "published_residents": """
        SELECT home_grid_id, CAST(CASE WHEN count(*) >= 5 THEN count(*) END AS integer)
        FROM member WHERE active GROUP BY home_grid_id;
    """,
    "published_unit_members": """
        SELECT unit_id, CAST(CASE WHEN count(*) >= 5 THEN count(*) END AS integer)
        FROM member WHERE active GROUP BY unit_id;
    """,
}
"""How many active members each grid (by home) and each unit has, where it has any; NULL where that is not said."""

VIEWS = {
    "governance_grids": """
        SELECT g.code, v.name, v.name_en, g.level, p.code AS parent_code, v.leaf, v.area_m2, v.invented,
               v.valid_from, v.geom
        FROM grid g
        JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL
        LEFT JOIN grid p ON p.id = g.parent_id
        WHERE g.layer = 'governance'
    """,
    "party_grids": """
        SELECT g.code, v.name, v.name_en, v.unit_code, u.name AS unit_name, u.name_en AS unit_name_en, v.area_m2,
               v.invented, v.valid_from, v.geom
        FROM grid g
        JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL
        LEFT JOIN unit u ON u.code = v.unit_code
        WHERE g.layer = 'party'
    """,
    "grid_versions": """
        SELECT v.id, g.layer, g.code, v.name, v.name_en, g.level, p.code AS parent_code, v.unit_code, v.leaf,
               v.area_m2, v.invented, v.valid_from, v.valid_to, v.geom
        FROM grid_version v
        JOIN grid g ON g.id = v.grid_id
        LEFT JOIN grid p ON p.id = g.parent_id
    """,
    "overlay": """
        SELECT o.governance_grid_id, o.party_grid_id, g.code AS governance_code, gv.name AS governance_name, g.level,
               gv.leaf, p.code AS party_code, pv.name AS party_name, pv.unit_code, u.name AS unit_name, o.area_m2,
               o.governance_share, o.party_share, o.geom
        FROM overlay o
        LEFT JOIN grid g ON g.id = o.governance_grid_id AND g.layer = 'governance'
        LEFT JOIN grid_version gv ON gv.grid_id = o.governance_grid_id AND gv.valid_to IS NULL
        LEFT JOIN grid p ON p.id = o.party_grid_id AND p.layer = 'party'
        LEFT JOIN grid_version pv ON pv.grid_id = o.party_grid_id AND pv.valid_to IS NULL
        LEFT JOIN unit u ON u.code = pv.unit_code
    """,
    "gaps": """
        SELECT p.governance_grid_id, g.code, v.name, v.name_en, g.level, p.area_m2, p.share, p.width_m,
               p.width_m < 5.0 AS sliver, p.geom
        FROM gap p
        LEFT JOIN grid g ON g.id = p.governance_grid_id AND g.layer = 'governance'
        LEFT JOIN grid_version v ON v.grid_id = p.governance_grid_id AND v.valid_to IS NULL
    """,
    "overlaps": """
        SELECT p.party_grid_a_id, p.party_grid_b_id, a.code AS code_a, av.name AS name_a, av.unit_code AS unit_a,
               b.code AS code_b, bv.name AS name_b, bv.unit_code AS unit_b, p.area_m2, p.share_a, p.share_b, p.width_m,
               p.width_m < 5.0 AS sliver, p.geom
        FROM party_overlap p
        LEFT JOIN grid a ON a.id = p.party_grid_a_id AND a.layer = 'party'
        LEFT JOIN grid_version av ON av.grid_id = p.party_grid_a_id AND av.valid_to IS NULL
        LEFT JOIN grid b ON b.id = p.party_grid_b_id AND b.layer = 'party'
        LEFT JOIN grid_version bv ON bv.grid_id = p.party_grid_b_id AND bv.valid_to IS NULL
    """,
    "coverage": """
        SELECT g.code, v.name, v.name_en, g.level, p.code AS parent_code, v.area_m2,
               greatest(1 - coalesce(gap.share, 0), 0) AS covered_share, coalesce(gap.area_m2, 0) AS gap_m2,
               coalesce(u.units, 0) AS units, coalesce(u.unit_codes, '') AS unit_codes,
               CASE WHEN h.id IS NULL THEN 0 ELSE h.people END AS members_home,
               h.id IS NOT NULL AND h.people IS NULL AS members_home_suppressed,
               CASE WHEN NOT u.small THEN u.people WHEN u.small IS NULL THEN 0 END AS members_units,
               coalesce(u.small, false) AS members_units_suppressed, v.geom
        FROM grid g
        JOIN grid_version v ON v.grid_id = g.id AND v.valid_to IS NULL AND v.leaf
        LEFT JOIN grid p ON p.id = g.parent_id
        LEFT JOIN gap ON gap.governance_grid_id = g.id
        LEFT JOIN published_residents() h ON h.id = g.id
        LEFT JOIN LATERAL (
            SELECT CAST(count(*) AS integer) AS units, string_agg(d.code, ',' ORDER BY d.code) AS unit_codes,
                   bool_or(d.small) AS small, CAST(coalesce(sum(d.people), 0) AS integer) AS people
            FROM (
                SELECT DISTINCT unit.code, m.people, m.id IS NOT NULL AND m.people IS NULL AS small
                FROM overlay o
                JOIN grid_version pv ON pv.grid_id = o.party_grid_id AND pv.valid_to IS NULL
                JOIN unit ON unit.code = pv.unit_code
                LEFT JOIN published_unit_members() m ON m.id = unit.id
                WHERE o.governance_grid_id = g.id
            ) d
        ) u ON true
        WHERE g.layer = 'governance'
    """,
    "links": """
        SELECT l.code, l.name, l.name_en, l.kind, a.code AS grid_a, b.code AS grid_b, l.length_m, l.minutes,
               l.wait_minutes, l.open, l.invented,
               CAST(ST_MakeLine(l.end_a, l.end_b) AS geometry(LineString, 4490)) AS geom
        FROM link l
        JOIN grid a ON a.id = l.grid_a_id
        JOIN grid b ON b.id = l.grid_b_id
    """,
    "tasks": """
        SELECT t.id, t.category, t.urgency, t.state, t.mode, t.level, t.drill, t.grid_code, t.grid_name,
               t.created_at AS posted_at, t.staffed_at, t.ended_at,
               CAST((SELECT count(*) FROM seat s WHERE s.task_id = t.id AND s.dropped_at IS NULL) AS integer) AS seats,
               CAST((
                   SELECT count(DISTINCT e.seat_id) FROM engagement e JOIN seat s ON s.id = e.seat_id
                   WHERE e.task_id = t.id AND s.dropped_at IS NULL
                         AND e.state IN ('accepted', 'en_route', 'on_scene', 'released')
               ) AS integer) AS filled,
               CAST((
                   SELECT ST_PointOnSurface(v.geom) FROM grid_version v
                   WHERE v.grid_id = t.grid_id ORDER BY v.valid_from DESC LIMIT 1
               ) AS geometry(Point, 4490)) AS geom
        FROM task t
    """,
}
"""By the name of the collection (service.ogc.collections says what each column is).

What is there for sure is joined as if it might not be: a join by a key that is not needed, to count say, is then left
out. A layer is named wherever a code may be asked for, as the index of codes begins with it.

No task's text or exact place is shown: it is a point that stands for its grid, as somebody's home may be where help is
wanted.
"""

SENSITIVE = (("member", "home"), ("presence", "location"), ("task", "location"))
"""Positions of which the planner keeps no statistics: PostGIS shows those to anybody (ST_EstimatedExtent,
_postgis_stats), whatever their rights to the table, and of a table with one row that is the row's place."""


def upgrade() -> None:
    for table, column in SENSITIVE:
        # Only a change of type, be it to the same one, lets go of statistics that are there already.
        same = f"ALTER {column} TYPE geometry(Point, 4490)"
        op.execute(f"ALTER TABLE {table} ALTER {column} SET STATISTICS 0, {same}")
    for name, query in COUNTS.items():
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS TABLE (id uuid, people integer)"
            # So many rows are expected that they are hashed, and not gone through once for each grid.
            f" LANGUAGE sql STABLE SECURITY DEFINER ROWS 20000 BEGIN ATOMIC {query} END"
        )
    for name, query in VIEWS.items():
        op.execute(f"CREATE VIEW published_{name} AS {query}")


def downgrade() -> None:
    for name in VIEWS:
        op.execute(f"DROP VIEW published_{name}")
    for name in COUNTS:
        op.execute(f"DROP FUNCTION {name}()")
    for table, column in SENSITIVE:
        op.execute(f"ALTER TABLE {table} ALTER {column} SET STATISTICS -1")
