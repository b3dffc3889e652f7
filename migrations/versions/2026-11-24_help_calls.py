"""Calls for help, until they are acknowledged.

Revision: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "help_call",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("area_code", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("task_area", sa.Text(), nullable=True),
        sa.Column("drill", sa.Boolean(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Uuid(), nullable=True),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)", name=op.f("ck_help_call_acknowledged")
        ),
        sa.CheckConstraint("(task_id IS NULL) = (task_area IS NULL)", name=op.f("ck_help_call_task")),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["account.id"], name=op.f("fk_help_call_acknowledged_by")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_help_call_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_help_call")),
    )
    op.create_index(
        "uq_help_call_open",
        "help_call",
        ["member_id"],
        unique=True,
        postgresql_where=sa.text("acknowledged_at IS NULL"),
    )
    op.create_index(op.f("ix_help_call_member_id"), "help_call", ["member_id"], unique=False)
    op.create_index(op.f("ix_help_call_called_at"), "help_call", ["called_at"], unique=False)


def downgrade() -> None:
    op.drop_table("help_call")
