"""Drills: musters with whom they call, exercises with what they post.

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "drill",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("area_name", sa.Text(), nullable=False),
        sa.Column("started_by", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint("kind IN ('muster', 'exercise')", name=op.f("ck_drill_kind")),
        sa.CheckConstraint("started_at < until", name=op.f("ck_drill_period")),
        sa.ForeignKeyConstraint(["ended_by"], ["account.id"], name=op.f("fk_drill_ended_by")),
        sa.ForeignKeyConstraint(["started_by"], ["account.id"], name=op.f("fk_drill_started_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill")),
    )
    op.create_index(op.f("ix_drill_area_code_started_at"), "drill", ["area_code", "started_at"], unique=False)
    op.create_table(
        "muster_call",
        sa.Column("drill_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("unit_code", sa.Text(), nullable=False),
        sa.Column("community_code", sa.Text(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("answer IN ('here', 'cannot')", name=op.f("ck_muster_call_answer")),
        sa.CheckConstraint("(answer IS NULL) = (answered_at IS NULL)", name=op.f("ck_muster_call_answered")),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_muster_call_drill_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_muster_call_member_id")),
        sa.PrimaryKeyConstraint("drill_id", "member_id", name=op.f("pk_muster_call")),
    )
    op.create_index(op.f("ix_muster_call_member_id"), "muster_call", ["member_id"], unique=False)
    op.create_table(
        "drill_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("drill_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["drill_id"], ["drill.id"], name=op.f("fk_drill_task_drill_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_drill_task_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drill_task")),
        sa.UniqueConstraint("drill_id", "number", name=op.f("uq_drill_task_drill_id_number")),
    )
    op.create_index(op.f("ix_drill_task_task_id"), "drill_task", ["task_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_drill_task_task_id"), table_name="drill_task")
    op.drop_table("drill_task")
    op.drop_index(op.f("ix_muster_call_member_id"), table_name="muster_call")
    op.drop_table("muster_call")
    op.drop_index(op.f("ix_drill_area_code_started_at"), table_name="drill")
    op.drop_table("drill")
