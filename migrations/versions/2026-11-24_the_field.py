"""Members in the field: check-ins by day, exceptions and hand-overs of duty, looks at positions, messages, notifications.

The partition for days that have none is made here; those of days are made and dropped as time goes on.

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checkin",
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lon", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.Column("marks", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("how", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("at", "id", name=op.f("pk_checkin")),
        postgresql_partition_by="RANGE (at)",
    )
    op.execute("CREATE TABLE checkin_default PARTITION OF checkin DEFAULT")
    op.create_index(op.f("ix_checkin_member_id_id"), "checkin", ["member_id", "id"], unique=False)
    op.create_table(
        "outbox_reader",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_outbox_reader")),
    )
    op.create_table(
        "duty_exception",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440",
            name=op.f("ck_duty_exception_minutes"),
        ),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_duty_exception_member_id")),
        sa.PrimaryKeyConstraint("member_id", "day", "from_minute", name=op.f("pk_duty_exception")),
    )
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("from_member_id", sa.Uuid(), nullable=False),
        sa.Column("to_member_id", sa.Uuid(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("from_minute", sa.Integer(), nullable=False),
        sa.Column("to_minute", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'declined', 'cancelled')", name=op.f("ck_handover_state")
        ),
        sa.CheckConstraint(
            "0 <= from_minute AND from_minute < to_minute AND to_minute <= 1440",
            name=op.f("ck_handover_minutes"),
        ),
        sa.CheckConstraint("from_member_id <> to_member_id", name=op.f("ck_handover_two_people")),
        sa.ForeignKeyConstraint(["from_member_id"], ["member.id"], name=op.f("fk_handover_from_member_id")),
        sa.ForeignKeyConstraint(["to_member_id"], ["member.id"], name=op.f("fk_handover_to_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
    )
    op.create_index(op.f("ix_handover_from_member_id"), "handover", ["from_member_id"], unique=False)
    op.create_index(op.f("ix_handover_to_member_id"), "handover", ["to_member_id"], unique=False)
    op.create_table(
        "notify_preference",
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("ladders", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_notify_preference_member_id")),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_notify_preference")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(member_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_contact_whom")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_contact_account_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_contact_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("account_id", "channel", name=op.f("uq_contact_account_id_channel")),
        sa.UniqueConstraint("member_id", "channel", name=op.f("uq_contact_member_id_channel")),
    )
    op.create_index(op.f("ix_contact_channel_address"), "contact", ["channel", "address"], unique=False)
    op.create_table(
        "position_look",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=False),
        sa.Column("precision", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.CheckConstraint("precision IN ('exact', 'grid')", name=op.f("ck_position_look_precision")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_position_look_account_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_position_look_member_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_position_look")),
    )
    op.create_index(op.f("ix_position_look_member_id_at"), "position_look", ["member_id", "at"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_message_account_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_message_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
    )
    op.create_index(op.f("ix_message_task_id"), "message", ["task_id"], unique=False)
    op.create_table(
        "notification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("params", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("offer_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'done', 'cancelled', 'dead')", name=op.f("ck_notification_state")
        ),
        sa.CheckConstraint("(member_id IS NULL) <> (account_id IS NULL)", name=op.f("ck_notification_whom")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_notification_account_id")),
        sa.ForeignKeyConstraint(["member_id"], ["member.id"], name=op.f("fk_notification_member_id")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_notification_offer_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_notification_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notification")),
        sa.UniqueConstraint("event_id", "account_id", name=op.f("uq_notification_event_id_account_id")),
        sa.UniqueConstraint("event_id", "member_id", name=op.f("uq_notification_event_id_member_id")),
    )
    op.create_index(
        "ix_notification_due",
        "notification",
        ["next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(op.f("ix_notification_member_id"), "notification", ["member_id"], unique=False)
    op.create_index(op.f("ix_notification_offer_id"), "notification", ["offer_id"], unique=False)
    op.create_table(
        "reply_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offer_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('link', 'sms')", name=op.f("ck_reply_code_kind")),
        sa.ForeignKeyConstraint(["offer_id"], ["offer.id"], name=op.f("fk_reply_code_offer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reply_code")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_reply_code_code_hash")),
    )
    op.create_index(op.f("ix_reply_code_offer_id"), "reply_code", ["offer_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("notification_id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('due', 'sent', 'dead', 'cancelled')", name=op.f("ck_delivery_state")),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.id"], name=op.f("fk_delivery_notification_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
    )
    op.create_index(
        "ix_delivery_dead",
        "delivery",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("state = 'dead'"),
    )
    op.create_index(
        "ix_delivery_due", "delivery", ["next_at"], unique=False, postgresql_where=sa.text("state = 'due'")
    )
    op.create_index(op.f("ix_delivery_notification_id"), "delivery", ["notification_id"], unique=False)
    op.add_column("account", sa.Column("contact", sa.Text(), nullable=True))
    op.add_column("engagement", sa.Column("confirm_by", sa.DateTime(timezone=True), nullable=True))
    op.add_column("engagement", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("member", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index(op.f("ix_outbox_xact_id"), "outbox", ["xact", "id"], unique=False)
    op.add_column("presence", sa.Column("crs", sa.Text(), nullable=True))
    op.add_column(
        "presence", sa.Column("coarse", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column(
        "presence", sa.Column("marks", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False)
    )
    op.add_column("presence", sa.Column("how", sa.Text(), nullable=True))
    op.add_column("presence", sa.Column("how_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("presence", sa.Column("duty_until", sa.DateTime(timezone=True), nullable=True))
    op.alter_column("presence", "at", existing_type=postgresql.TIMESTAMP(timezone=True), nullable=True)
    op.alter_column("presence", "accuracy_m", existing_type=sa.DOUBLE_PRECISION(precision=53), nullable=True)
    op.alter_column("presence", "grid_id", existing_type=sa.UUID(), nullable=True)
    op.execute("ALTER TABLE presence ALTER COLUMN location DROP NOT NULL, SET (fillfactor = 50)")
    op.create_check_constraint(op.f("ck_presence_how"), "presence", "how IN ('safe', 'need_help')")
    op.create_check_constraint(
        op.f("ck_presence_place"),
        "presence",
        "(at IS NULL) = (location IS NULL) AND (at IS NULL) = (accuracy_m IS NULL)"
        " AND (at IS NULL) = (grid_id IS NULL)",
    )


def downgrade() -> None:
    op.execute("DELETE FROM presence WHERE at IS NULL")
    op.drop_constraint(op.f("ck_presence_place"), "presence", type_="check")
    op.drop_constraint(op.f("ck_presence_how"), "presence", type_="check")
    op.execute("ALTER TABLE presence ALTER COLUMN location SET NOT NULL, RESET (fillfactor)")
    op.alter_column("presence", "grid_id", existing_type=sa.UUID(), nullable=False)
    op.alter_column("presence", "accuracy_m", existing_type=sa.DOUBLE_PRECISION(precision=53), nullable=False)
    op.alter_column("presence", "at", existing_type=postgresql.TIMESTAMP(timezone=True), nullable=False)
    op.drop_column("presence", "duty_until")
    op.drop_column("presence", "how_at")
    op.drop_column("presence", "how")
    op.drop_column("presence", "marks")
    op.drop_column("presence", "coarse")
    op.drop_column("presence", "crs")
    op.drop_index(op.f("ix_outbox_xact_id"), table_name="outbox")
    op.drop_column("member", "erased_at")
    op.drop_column("engagement", "confirmed_at")
    op.drop_column("engagement", "confirm_by")
    op.drop_column("account", "contact")
    op.drop_index(op.f("ix_delivery_notification_id"), table_name="delivery")
    op.drop_index("ix_delivery_due", table_name="delivery", postgresql_where=sa.text("state = 'due'"))
    op.drop_index("ix_delivery_dead", table_name="delivery", postgresql_where=sa.text("state = 'dead'"))
    op.drop_table("delivery")
    op.drop_index(op.f("ix_reply_code_offer_id"), table_name="reply_code")
    op.drop_table("reply_code")
    op.drop_index(op.f("ix_notification_offer_id"), table_name="notification")
    op.drop_index(op.f("ix_notification_member_id"), table_name="notification")
    op.drop_index(
        "ix_notification_due", table_name="notification", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_table("notification")
    op.drop_index(op.f("ix_message_task_id"), table_name="message")
    op.drop_table("message")
    op.drop_index(op.f("ix_position_look_member_id_at"), table_name="position_look")
    op.drop_table("position_look")
    op.drop_index(op.f("ix_contact_channel_address"), table_name="contact")
    op.drop_table("contact")
    op.drop_table("notify_preference")
    op.drop_index(op.f("ix_handover_to_member_id"), table_name="handover")
    op.drop_index(op.f("ix_handover_from_member_id"), table_name="handover")
    op.drop_table("handover")
    op.drop_table("duty_exception")
    op.drop_table("outbox_reader")
    op.drop_index(op.f("ix_checkin_member_id_id"), table_name="checkin")
    op.drop_table("checkin")
