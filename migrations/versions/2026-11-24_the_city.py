"""The city: every table of the first release.

Revision: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("outbox_id_seq")))
    op.create_table(
        "attempts",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("window_until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_attempts")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("request_id", sa.Text(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_account_id_at"), "audit", ["account_id", "at"], unique=False)
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.CheckConstraint("id = 1", name=op.f("ck_edition_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
    )
    op.create_table(
        "grid",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("parent_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("layer IN ('governance', 'party')", name=op.f("ck_grid_layer")),
        sa.ForeignKeyConstraint(["parent_id"], ["grid.id"], name=op.f("fk_grid_parent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
        sa.UniqueConstraint("layer", "code", name=op.f("uq_grid_layer_code")),
    )
    op.create_index(op.f("ix_grid_parent_id"), "grid", ["parent_id"], unique=False)
    op.create_table(
        "kept_answer",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_hash", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "route", "key", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_created_at"), "kept_answer", ["created_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger(), server_default=sa.text("nextval('outbox_id_seq')"), nullable=False),
        sa.Column(
            "xact",
            sa.BigInteger(),
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
            nullable=False,
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("unit_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
    )
    op.create_index(op.f("ix_outbox_at"), "outbox", ["at"], unique=False)
    op.create_index(op.f("ix_outbox_task_id"), "outbox", ["task_id"], unique=False)
    op.create_table(
        "playbook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("guidance", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_playbook")),
        sa.UniqueConstraint("category", "version", name=op.f("uq_playbook_category_version")),
    )
    op.create_table(
        "skill",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_zh", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_skill")),
    )
    op.create_table(
        "timer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_timer")),
        sa.UniqueConstraint("kind", "subject_id", name=op.f("uq_timer_kind_subject_id")),
    )
    op.create_index(op.f("ix_timer_due_at"), "timer", ["due_at"], unique=False)
    op.create_geospatial_table(
        "crossing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grid_a_id", sa.Uuid(), nullable=False),
        sa.Column("grid_b_id", sa.Uuid(), nullable=False),
        sa.Column(
            "location",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["grid_a_id"], ["grid.id"], name=op.f("fk_crossing_grid_a_id")),
        sa.ForeignKeyConstraint(["grid_b_id"], ["grid.id"], name=op.f("fk_crossing_grid_b_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_crossing")),
    )
    op.create_index(op.f("ix_crossing_grid_a_id"), "crossing", ["grid_a_id"], unique=False)
    op.create_index(op.f("ix_crossing_grid_b_id"), "crossing", ["grid_b_id"], unique=False)
    op.create_geospatial_table(
        "link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("grid_a_id", sa.Uuid(), nullable=False),
        sa.Column("grid_b_id", sa.Uuid(), nullable=False),
        sa.Column(
            "end_a",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "end_b",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("length_m", sa.Double(), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("wait_minutes", sa.Double(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["grid_a_id"], ["grid.id"], name=op.f("fk_link_grid_a_id")),
        sa.ForeignKeyConstraint(["grid_b_id"], ["grid.id"], name=op.f("fk_link_grid_b_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("code", name=op.f("uq_link_code")),
    )
    op.create_table(
        "overlay",
        sa.Column("governance_grid_id", sa.Uuid(), nullable=False),
        sa.Column("party_grid_id", sa.Uuid(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("governance_share", sa.Double(), nullable=False),
        sa.Column("party_share", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["governance_grid_id"], ["grid.id"], name=op.f("fk_overlay_governance_grid_id")
        ),
        sa.ForeignKeyConstraint(["party_grid_id"], ["grid.id"], name=op.f("fk_overlay_party_grid_id")),
        sa.PrimaryKeyConstraint("governance_grid_id", "party_grid_id", name=op.f("pk_overlay")),
    )
    op.create_index(op.f("ix_overlay_party_grid_id"), "overlay", ["party_grid_id"], unique=False)
    op.create_geospatial_table(
        "unit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "office",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("office_grid_id", sa.Uuid(), nullable=False),
        sa.Column("invented", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["office_grid_id"], ["grid.id"], name=op.f("fk_unit_office_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unit")),
        sa.UniqueConstraint("code", name=op.f("uq_unit_code")),
    )
    op.create_index(op.f("ix_unit_office_grid_id"), "unit", ["office_grid_id"], unique=False)
    op.create_geospatial_table(
        "grid_version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("unit_code", sa.Text(), nullable=True),
        sa.Column("leaf", sa.Boolean(), nullable=False),
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
        sa.Column("invented", sa.Boolean(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("grid_id"), "="),
            (sa.text("tstzrange(valid_from, valid_to)"), "&&"),
            using="gist",
            name="ex_grid_version_no_overlap",
        ),
        sa.CheckConstraint("valid_to > valid_from", name=op.f("ck_grid_version_order")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_grid_version_grid_id")),
        sa.ForeignKeyConstraint(["unit_code"], ["unit.code"], name=op.f("fk_grid_version_unit_code")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid_version")),
    )
    op.create_geospatial_index(
        "ix_grid_version_geom",
        "grid_version",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_geospatial_index(
        "ix_grid_version_leaf_geom",
        "grid_version",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_where=sa.text("leaf AND valid_to IS NULL"),
        postgresql_ops={},
    )
    op.create_index(op.f("ix_grid_version_unit_code"), "grid_version", ["unit_code"], unique=False)
    op.create_index(
        "uq_grid_version_current",
        "grid_version",
        ["grid_id"],
        unique=True,
        postgresql_where=sa.text("valid_to IS NULL"),
    )
    op.create_geospatial_table(
        "member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Uuid(), nullable=False),
        sa.Column("home_grid_id", sa.Uuid(), nullable=False),
        sa.Column(
            "home",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("opted_out", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("tier IN ('normal', 'standby')", name=op.f("ck_member_tier")),
        sa.ForeignKeyConstraint(["home_grid_id"], ["grid.id"], name=op.f("fk_member_home_grid_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_member_unit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("number", name=op.f("uq_member_number")),
    )
    op.create_index(op.f("ix_member_home_grid_id"), "member", ["home_grid_id"], unique=False)
    op.create_index(op.f("ix_member_unit_id"), "member", ["unit_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_account_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("member_id", name=op.f("uq_account_member_id")),
        sa.UniqueConstraint("username", name=op.f("uq_account_username")),
    )
    op.create_table(
        "duty_slot",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440",
            name=op.f("ck_duty_slot_minutes"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_duty_slot_weekday")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_duty_slot_member_id")),
        sa.PrimaryKeyConstraint("member_id", "weekday", "from_minute", name=op.f("pk_duty_slot")),
    )
    op.create_table(
        "duty_switch",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('on', 'off')", name=op.f("ck_duty_switch_state")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_duty_switch_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_duty_switch")),
    )
    op.create_table(
        "member_skill",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("skill_code", sa.Text(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_skill_member_id")),
        sa.ForeignKeyConstraint(["skill_code"], ["skill.code"], name=op.f("fk_member_skill_skill_code")),
        sa.PrimaryKeyConstraint("member_id", "skill_code", name=op.f("pk_member_skill")),
    )
    op.create_geospatial_table(
        "presence",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "location",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("accuracy_m", sa.Double(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("tracked_until", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_presence_grid_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_presence_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_grid_id"), "presence", ["grid_id"], unique=False)
    op.create_table(
        "device",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_device_account_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    op.create_index(op.f("ix_device_account_id"), "device", ["account_id"], unique=False)
    op.create_table(
        "enrolment_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_enrolment_code_created_by")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_enrolment_code_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_enrolment_code_code_hash")),
    )
    op.create_index(op.f("ix_enrolment_code_member_id"), "enrolment_code", ["member_id"], unique=False)
    op.create_geospatial_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("instructions", sa.Text(), nullable=True),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column(
            "location",
            Geometry(
                geometry_type="POINT",
                srid=4490,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("grid_code", sa.Text(), nullable=False),
        sa.Column("grid_name", sa.Text(), nullable=False),
        sa.Column("snapped_m", sa.Double(), nullable=False),
        sa.Column("responsible_units", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("playbook_id", sa.Uuid(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("needed_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staffed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint("mode IN ('normal', 'emergency')", name=op.f("ck_task_mode")),
        sa.CheckConstraint(
            "state IN ('open', 'staffed', 'under_way', 'closed', 'cancelled', 'expired')",
            name=op.f("ck_task_state"),
        ),
        sa.CheckConstraint("urgency IN ('routine', 'urgent', 'critical')", name=op.f("ck_task_urgency")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_task_created_by")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_task_grid_id")),
        sa.ForeignKeyConstraint(["playbook_id"], ["playbook.id"], name=op.f("fk_task_playbook_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_created_at"), "task", ["created_at"], unique=False)
    op.create_index(
        op.f("ix_task_grid_code"),
        "task",
        ["grid_code"],
        unique=False,
        postgresql_ops={"grid_code": "text_pattern_ops"},
    )
    op.create_index(
        "ix_task_live",
        "task",
        ["state"],
        unique=False,
        postgresql_where=sa.text("state IN ('open', 'staffed', 'under_way')"),
    )
    op.create_table(
        "seat",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("skills", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("dropped_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_seat_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat")),
        sa.UniqueConstraint("task_id", "number", name=op.f("uq_seat_task_id_number")),
    )
    op.create_table(
        "wave",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("playbook_version", sa.Integer(), nullable=False),
        sa.Column("reach_minutes", sa.Double(), nullable=False),
        sa.Column("searched_minutes", sa.Double(), nullable=False),
        sa.Column("target_probability", sa.Double(), nullable=False),
        sa.Column("probability", sa.Double(), nullable=False),
        sa.Column("offers_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("chosen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("not_chosen", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("shortfall", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("overrule_reason", sa.Text(), nullable=True),
        sa.Column("planned_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_wave_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wave")),
        sa.UniqueConstraint("task_id", "number", name=op.f("uq_wave_task_id_number")),
    )
    op.create_table(
        "offer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("wave_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("precedence", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("travel_minutes", sa.Double(), nullable=True),
        sa.Column("acceptance", sa.Double(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decline_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('pending', 'accepted', 'declined', 'expired', 'stood_down', 'superseded', 'cancelled')",
            name=op.f("ck_offer_state"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_offer_member_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_offer_seat_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_offer_task_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["wave.id"], name=op.f("fk_offer_wave_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offer")),
    )
    op.create_index(op.f("ix_offer_member_id_created_at"), "offer", ["member_id", "created_at"], unique=False)
    op.create_index(op.f("ix_offer_task_id"), "offer", ["task_id"], unique=False)
    op.create_index(op.f("ix_offer_wave_id"), "offer", ["wave_id"], unique=False)
    op.create_index(
        "uq_offer_pending_member",
        "offer",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "engagement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("seat_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("precedence", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("move_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("en_route_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("on_scene_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('accepted', 'en_route', 'on_scene', 'released', 'withdrawn', 'no_show', 'preempted', 'cancelled')",
            name=op.f("ck_engagement_state"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_engagement_member_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_engagement_offer_id")),
        sa.ForeignKeyConstraint(["seat_id"], ["seat.id"], name=op.f("fk_engagement_seat_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_engagement_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_engagement")),
        sa.UniqueConstraint("offer_id", name=op.f("uq_engagement_offer_id")),
    )
    op.create_index(
        op.f("ix_engagement_member_id_accepted_at"), "engagement", ["member_id", "accepted_at"], unique=False
    )
    op.create_index(op.f("ix_engagement_task_id"), "engagement", ["task_id"], unique=False)
    op.create_index(
        "uq_engagement_live_member",
        "engagement",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'en_route', 'on_scene')"),
    )
    op.create_index(
        "uq_engagement_live_seat",
        "engagement",
        ["seat_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('accepted', 'en_route', 'on_scene')"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_engagement_live_seat",
        table_name="engagement",
        postgresql_where=sa.text("state IN ('accepted', 'en_route', 'on_scene')"),
    )
    op.drop_index(
        "uq_engagement_live_member",
        table_name="engagement",
        postgresql_where=sa.text("state IN ('accepted', 'en_route', 'on_scene')"),
    )
    op.drop_index(op.f("ix_engagement_task_id"), table_name="engagement")
    op.drop_index(op.f("ix_engagement_member_id_accepted_at"), table_name="engagement")
    op.drop_table("engagement")
    op.drop_index(
        "uq_offer_pending_member", table_name="offer", postgresql_where=sa.text("state = 'pending'")
    )
    op.drop_index(op.f("ix_offer_wave_id"), table_name="offer")
    op.drop_index(op.f("ix_offer_task_id"), table_name="offer")
    op.drop_index(op.f("ix_offer_member_id_created_at"), table_name="offer")
    op.drop_table("offer")
    op.drop_table("wave")
    op.drop_table("seat")
    op.drop_index(
        "ix_task_live",
        table_name="task",
        postgresql_where=sa.text("state IN ('open', 'staffed', 'under_way')"),
    )
    op.drop_index(
        op.f("ix_task_grid_code"), table_name="task", postgresql_ops={"grid_code": "text_pattern_ops"}
    )
    op.drop_index(op.f("ix_task_created_at"), table_name="task")
    op.drop_geospatial_table("task")
    op.drop_index(op.f("ix_enrolment_code_member_id"), table_name="enrolment_code")
    op.drop_table("enrolment_code")
    op.drop_index(op.f("ix_device_account_id"), table_name="device")
    op.drop_table("device")
    op.drop_index(op.f("ix_presence_grid_id"), table_name="presence")
    op.drop_geospatial_table("presence")
    op.drop_table("member_skill")
    op.drop_table("duty_switch")
    op.drop_table("duty_slot")
    op.drop_table("account")
    op.drop_index(op.f("ix_member_unit_id"), table_name="member")
    op.drop_index(op.f("ix_member_home_grid_id"), table_name="member")
    op.drop_geospatial_table("member")
    op.drop_index(
        "uq_grid_version_current", table_name="grid_version", postgresql_where=sa.text("valid_to IS NULL")
    )
    op.drop_index(op.f("ix_grid_version_unit_code"), table_name="grid_version")
    op.drop_geospatial_index(
        "ix_grid_version_leaf_geom",
        table_name="grid_version",
        postgresql_using="gist",
        postgresql_where=sa.text("leaf AND valid_to IS NULL"),
        column_name="geom",
    )
    op.drop_geospatial_index(
        "ix_grid_version_geom", table_name="grid_version", postgresql_using="gist", column_name="geom"
    )
    op.drop_geospatial_table("grid_version")
    op.drop_index(op.f("ix_unit_office_grid_id"), table_name="unit")
    op.drop_geospatial_table("unit")
    op.drop_index(op.f("ix_overlay_party_grid_id"), table_name="overlay")
    op.drop_table("overlay")
    op.drop_geospatial_table("link")
    op.drop_index(op.f("ix_crossing_grid_b_id"), table_name="crossing")
    op.drop_index(op.f("ix_crossing_grid_a_id"), table_name="crossing")
    op.drop_geospatial_table("crossing")
    op.drop_index(op.f("ix_timer_due_at"), table_name="timer")
    op.drop_table("timer")
    op.drop_table("skill")
    op.drop_table("playbook")
    op.drop_index(op.f("ix_outbox_task_id"), table_name="outbox")
    op.drop_index(op.f("ix_outbox_at"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index(op.f("ix_kept_answer_created_at"), table_name="kept_answer")
    op.drop_table("kept_answer")
    op.drop_index(op.f("ix_grid_parent_id"), table_name="grid")
    op.drop_table("grid")
    op.drop_table("edition")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_index(op.f("ix_audit_account_id_at"), table_name="audit")
    op.drop_table("audit")
    op.drop_table("attempts")
    op.execute(sa.schema.DropSequence(sa.Sequence("outbox_id_seq")))
