"""The ground of each overlay, gaps and overlaps of party grids, and imports.

What is derived from the shapes of a map that is there already is derived here once more, with its ground.

Revision: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


ADD_OVERLAY = """
    INSERT INTO overlay (governance_grid_id, party_grid_id, geom, area_m2, governance_share, party_share)
    WITH pairs AS MATERIALIZED (
        SELECT g.grid_id AS governance_id, p.grid_id AS party_id, g.area_m2 AS g_m2, p.area_m2 AS p_m2,
               ST_Multi(ST_CollectionExtract(ST_Intersection(g.geom, p.geom), 3)) AS geom
        FROM grid_version p
        JOIN grid pg ON pg.id = p.grid_id AND pg.layer = 'party'
        JOIN grid_version g ON g.geom && p.geom AND ST_Intersects(g.geom, p.geom)
        JOIN grid gg ON gg.id = g.grid_id AND gg.layer = 'governance'
        WHERE p.valid_to IS NULL AND g.valid_to IS NULL
    ), measured AS MATERIALIZED (
        SELECT *, ST_Area(geom::geography) AS area_m2 FROM pairs
    )
    SELECT governance_id, party_id, geom, area_m2, least(area_m2 / g_m2, 1), least(area_m2 / p_m2, 1)
    FROM measured WHERE area_m2 >= 1.0
"""

ADD_GAPS = """
    INSERT INTO gap (governance_grid_id, geom, area_m2, share, width_m)
    WITH covered AS MATERIALIZED (
        SELECT o.governance_grid_id AS id, ST_Union(o.geom) AS geom
        FROM overlay o JOIN grid_version v ON v.grid_id = o.governance_grid_id
        WHERE v.leaf AND v.valid_to IS NULL
        GROUP BY o.governance_grid_id
    ), pieces AS MATERIALIZED (
        SELECT v.grid_id, v.area_m2 AS grid_m2,
               CASE WHEN c.geom IS NULL THEN v.geom
                    ELSE ST_Multi(ST_CollectionExtract(ST_Difference(v.geom, c.geom), 3)) END AS geom
        FROM grid_version v LEFT JOIN covered c ON c.id = v.grid_id
        WHERE v.leaf AND v.valid_to IS NULL
    ), measured AS MATERIALIZED (
        SELECT *, ST_Area(geom::geography) AS area_m2, ST_Perimeter(geom::geography) AS perimeter_m FROM pieces
    )
    SELECT grid_id, geom, area_m2, least(area_m2 / grid_m2, 1), 2 * area_m2 / perimeter_m
    FROM measured WHERE area_m2 >= 1.0
"""

ADD_PARTY_OVERLAPS = """
    INSERT INTO party_overlap (party_grid_a_id, party_grid_b_id, geom, area_m2, share_a, share_b, width_m)
    WITH pairs AS MATERIALIZED (
        SELECT a.grid_id AS a_id, b.grid_id AS b_id, a.area_m2 AS a_m2, b.area_m2 AS b_m2,
               ST_Multi(ST_CollectionExtract(ST_Intersection(a.geom, b.geom), 3)) AS geom
        FROM grid_version a
        JOIN grid ga ON ga.id = a.grid_id AND ga.layer = 'party'
        JOIN grid_version b ON b.geom && a.geom AND ST_Intersects(b.geom, a.geom)
        JOIN grid gb ON gb.id = b.grid_id AND gb.layer = 'party' AND gb.code COLLATE "C" > ga.code COLLATE "C"
        WHERE a.valid_to IS NULL AND b.valid_to IS NULL
    ), measured AS MATERIALIZED (
        SELECT *, ST_Area(geom::geography) AS area_m2, ST_Perimeter(geom::geography) AS perimeter_m FROM pairs
    )
    SELECT a_id, b_id, geom, area_m2, least(area_m2 / a_m2, 1), least(area_m2 / b_m2, 1), 2 * area_m2 / perimeter_m
    FROM measured WHERE area_m2 >= 1.0
"""


def upgrade() -> None:
    op.create_geospatial_table(
        "gap",
        sa.Column("governance_grid_id", sa.Uuid(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("share", sa.Double(), nullable=False),
        sa.Column("width_m", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(["governance_grid_id"], ["grid.id"], name=op.f("fk_gap_governance_grid_id")),
        sa.PrimaryKeyConstraint("governance_grid_id", name=op.f("pk_gap")),
    )
    op.create_geospatial_index(
        "ix_gap_geom", "gap", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    op.create_geospatial_table(
        "party_overlap",
        sa.Column("party_grid_a_id", sa.Uuid(), nullable=False),
        sa.Column("party_grid_b_id", sa.Uuid(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("share_a", sa.Double(), nullable=False),
        sa.Column("share_b", sa.Double(), nullable=False),
        sa.Column("width_m", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["party_grid_a_id"], ["grid.id"], name=op.f("fk_party_overlap_party_grid_a_id")
        ),
        sa.ForeignKeyConstraint(
            ["party_grid_b_id"], ["grid.id"], name=op.f("fk_party_overlap_party_grid_b_id")
        ),
        sa.PrimaryKeyConstraint("party_grid_a_id", "party_grid_b_id", name=op.f("pk_party_overlap")),
    )
    op.create_geospatial_index(
        "ix_party_overlap_geom",
        "party_overlap",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_index(
        op.f("ix_party_overlap_party_grid_b_id"), "party_overlap", ["party_grid_b_id"], unique=False
    )
    op.create_table(
        "import",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("edition", sa.BigInteger(), nullable=True),
        sa.Column("undoes", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('governance-grids', 'party-grids', 'links', 'units', 'members')",
            name=op.f("ck_import_kind"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_import_account_id")),
        sa.ForeignKeyConstraint(["undoes"], ["import.id"], name=op.f("fk_import_undoes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import")),
        sa.UniqueConstraint("undoes", name=op.f("uq_import_undoes")),
    )
    op.create_index(op.f("ix_import_at"), "import", ["at"], unique=False)
    op.create_table(
        "import_progress",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_import_progress_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_progress")),
    )
    op.create_table(
        "import_change",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["import.id"], name=op.f("fk_import_change_import_id")),
        sa.PrimaryKeyConstraint("import_id", "number", name=op.f("pk_import_change")),
    )
    op.create_index(
        "ix_grid_version_letters",
        "grid_version",
        [sa.literal_column("regexp_split_to_array(lower(name || coalesce(' ' || name_en, '')), '')")],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.execute("DELETE FROM overlay")
    op.add_geospatial_column(
        "overlay",
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
    )
    op.create_geospatial_index(
        "ix_overlay_geom", "overlay", ["geom"], unique=False, postgresql_using="gist", postgresql_ops={}
    )
    for add in (ADD_OVERLAY, ADD_GAPS, ADD_PARTY_OVERLAPS):
        op.execute(add)


def downgrade() -> None:
    op.drop_geospatial_index(
        "ix_overlay_geom", table_name="overlay", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_column("overlay", "geom")
    op.drop_index(
        "ix_grid_version_letters",
        table_name="grid_version",
        postgresql_using="gin",
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.drop_table("import_change")
    op.drop_table("import_progress")
    op.drop_index(op.f("ix_import_at"), table_name="import")
    op.drop_table("import")
    op.drop_index(op.f("ix_party_overlap_party_grid_b_id"), table_name="party_overlap")
    op.drop_geospatial_index(
        "ix_party_overlap_geom", table_name="party_overlap", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("party_overlap")
    op.drop_geospatial_index("ix_gap_geom", table_name="gap", postgresql_using="gist", column_name="geom")
    op.drop_geospatial_table("gap")
