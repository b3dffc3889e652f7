"""The dispatcher in full: activations, the batch, the ladder, people's limits, workers that share by area.

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "share",
        sa.Column("area", sa.Text(), nullable=False),
        sa.Column("worker_id", sa.Uuid(), nullable=True),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("area", name=op.f("pk_share")),
    )
    op.create_table(
        "worker",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worker")),
    )
    op.create_table(
        "member_limits",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("weekly_hours", sa.Double(), nullable=True),
        sa.Column("quiet_from", sa.Integer(), nullable=True),
        sa.Column("quiet_to", sa.Integer(), nullable=True),
        sa.Column("unwanted", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint("(quiet_from IS NULL) = (quiet_to IS NULL)", name=op.f("ck_member_limits_quiet")),
        sa.CheckConstraint(
            "quiet_from BETWEEN 0 AND 1439 AND quiet_to BETWEEN 0 AND 1439",
            name=op.f("ck_member_limits_minutes"),
        ),
        sa.CheckConstraint("weekly_hours >= 0", name=op.f("ck_member_limits_weekly_hours")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_member_limits_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member_limits")),
    )
    op.create_table(
        "activation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_name", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        postgresql.ExcludeConstraint(
            (sa.column("area_code"), "="),
            (sa.text("tstzrange(from_at, until)"), "&&"),
            where=sa.text("ended_at IS NULL"),
            using="gist",
            name="ex_activation_no_overlap",
        ),
        sa.CheckConstraint("level IN ('I', 'II', 'III', 'IV')", name=op.f("ck_activation_level")),
        sa.CheckConstraint("from_at < until", name=op.f("ck_activation_period")),
        sa.ForeignKeyConstraint(["created_by"], ["account.id"], name=op.f("fk_activation_created_by")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_activation_ended_by")),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_activation_grid_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activation")),
    )
    op.create_index(op.f("ix_activation_area_code_until"), "activation", ["area_code", "until"], unique=False)
    op.create_table(
        "escalation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("rung", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=True),
        sa.Column("unit_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("officers", sa.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_escalation_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation")),
        sa.UniqueConstraint("task_id", "number", name=op.f("uq_escalation_task_id_number")),
    )
    op.add_column("engagement", sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "engagement", sa.Column("counted_for", sa.Text(), nullable=False, server_default=sa.text("'unit'"))
    )
    op.add_column(
        "playbook",
        sa.Column(
            "levels", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
    )
    op.add_column(
        "playbook",
        sa.Column(
            "ladder", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default=sa.text("'[]'")
        ),
    )
    op.add_column("playbook", sa.Column("created_by", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_playbook_created_by"), "playbook", "account", ["created_by"], ["id"])
    op.add_column("task", sa.Column("level", sa.Text(), nullable=True))
    op.add_column("task", sa.Column("queued_for", sa.Text(), nullable=True))
    op.add_column(
        "task",
        sa.Column("open_since", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
    )
    op.add_column("task", sa.Column("rung", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column(
        "task",
        sa.Column(
            "neighbour_units", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
    )
    op.add_column("task", sa.Column("residents_of", sa.Text(), nullable=True))
    op.create_index(
        "ix_task_queued",
        "task",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("queued_for IS NOT NULL"),
    )
    op.add_column("timer", sa.Column("area", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_index(op.f("ix_timer_area"), "timer", ["area"], unique=False)
    op.add_column("wave", sa.Column("level", sa.Text(), nullable=True))
    op.add_column("wave", sa.Column("batch_id", sa.Uuid(), nullable=True))
    op.add_column(
        "wave", sa.Column("considered", sa.ARRAY(sa.Uuid()), nullable=False, server_default=sa.text("'{}'"))
    )
    op.add_column("wave", sa.Column("people", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.create_index(op.f("ix_wave_considered"), "wave", ["considered"], unique=False, postgresql_using="gin")
    op.alter_column("engagement", "counted_for", server_default=None)
    op.alter_column("playbook", "levels", server_default=None)
    op.alter_column("playbook", "ladder", server_default=None)
    op.alter_column("task", "open_since", server_default=None)
    op.alter_column("task", "rung", server_default=None)
    op.alter_column("task", "neighbour_units", server_default=None)
    op.alter_column("timer", "area", server_default=None)
    op.alter_column("wave", "considered", server_default=None)
    op.alter_column("wave", "people", server_default=None)
    op.execute("UPDATE task SET open_since = created_at")
    op.execute("UPDATE task SET level = 'II' WHERE mode = 'emergency'")
    op.execute("UPDATE wave SET level = 'II' WHERE mode = 'emergency'")
    op.execute(
        "UPDATE wave SET considered = ARRAY(SELECT (each ->> 'member_id')::uuid FROM jsonb_array_elements(not_chosen) each)"
    )
    op.execute(
        "UPDATE wave SET people = jsonb_array_length(chosen) + (SELECT coalesce(sum(value::int), 0) FROM jsonb_each_text(counts))"
    )
    op.create_check_constraint(op.f("ck_task_level"), "task", "level IN ('I', 'II', 'III', 'IV')")
    op.create_check_constraint(
        op.f("ck_engagement_counted_for"), "engagement", "counted_for IN ('unit', 'community')"
    )
    # A prior became one by hour of day, and one offer a seat what normal mode does.
    op.execute(
        "UPDATE playbook SET sections = (SELECT jsonb_object_agg(key, (value - 'one_offer_a_seat') || jsonb_build_object("
        "'acceptance_prior', jsonb_build_array(jsonb_build_array(0, value -> 'acceptance_prior')),"
        " 'calls_standby', key = 'emergency')) FROM jsonb_each(sections))"
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_wave_considered"), table_name="wave", postgresql_using="gin")
    op.execute(
        "UPDATE playbook SET sections = (SELECT jsonb_object_agg(key, (value - 'calls_standby') || jsonb_build_object("
        "'acceptance_prior', value -> 'acceptance_prior' -> 0 -> 1, 'one_offer_a_seat', key = 'normal'))"
        " FROM jsonb_each(sections))"
    )
    op.drop_column("wave", "people")
    op.drop_column("wave", "considered")
    op.drop_column("wave", "batch_id")
    op.drop_column("wave", "level")
    op.drop_index(op.f("ix_timer_area"), table_name="timer")
    op.drop_column("timer", "area")
    op.drop_index("ix_task_queued", table_name="task", postgresql_where=sa.text("queued_for IS NOT NULL"))
    op.drop_column("task", "residents_of")
    op.drop_column("task", "neighbour_units")
    op.drop_column("task", "rung")
    op.drop_column("task", "open_since")
    op.drop_column("task", "queued_for")
    op.drop_column("task", "level")
    op.drop_constraint(op.f("fk_playbook_created_by"), "playbook", type_="foreignkey")
    op.drop_column("playbook", "created_by")
    op.drop_column("playbook", "ladder")
    op.drop_column("playbook", "levels")
    op.drop_column("engagement", "counted_for")
    op.drop_column("engagement", "rest_until")
    op.drop_table("escalation")
    op.drop_index(op.f("ix_activation_area_code_until"), table_name="activation")
    op.drop_table("activation")
    op.drop_table("member_limits")
    op.drop_table("worker")
    op.drop_table("share")
