"""The ledger as dispatchers and auditors read it: every decision of a wave, with its reason in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from service.dispatch.models import Wave
from service.dispatch.schemas import words
from service.dispatch.schemas.wave_words import wave_text
from service.dispatch.schemas.words import Voice


class ChosenOut(BaseModel):
    """Somebody who was asked, with what decided it."""

    member_id: UUID
    seat_id: UUID
    travel_minutes: int | None
    cost: float
    source: str | None = Field(description="presence, office or home: what the minutes are reckoned from")
    acceptance: float | None = Field(description="The probability of a yes that the wave reckoned with")
    text: str


class NotChosenOut(BaseModel):
    """Somebody who was not asked, and why."""

    member_id: UUID
    travel_minutes: int | None = Field(
        description="Beyond the searched minutes a lower bound; null where there is no known way"
    )
    reason: str
    source: str | None
    detail: dict[str, Any] = Field(description="What the reason is about, by reason")
    text: str


class LedgerOut(BaseModel):
    """A wave's record: what it was made with, whom it chose, and why not the others."""

    number: int
    trigger: str
    trigger_text: str
    text: str = Field(description="The whole wave in words")
    created_at: datetime
    mode: str
    level: str | None = Field(description="Of the activation; null in normal mode")
    batch_id: UUID | None = Field(description="The same for all waves that were matched together")
    playbook_version: int
    reach: float
    searched_minutes: float = Field(description="Everybody nearer than this was considered")
    people: int = Field(description="Within the searched reach")
    target_probability: float
    probability: float = Field(description="That all open seats fill, a lower bound")
    planned_by: UUID | None = Field(description="The account that asked for it; null when nobody did")
    overrule_reason: str | None
    chosen: list[ChosenOut]
    not_chosen: list[NotChosenOut] = Field(description="The nearest who were not asked")
    counts: dict[str, int] = Field(description="All within the searched reach who were not asked, by reason")
    shortfall: dict[str, Any] | None

    @classmethod
    def of(cls, wave: Wave, seat_numbers: Mapping[UUID, int], voice: Voice) -> "LedgerOut":
        """One wave in words."""
        day = voice.day(wave.created_at)
        return cls(
            number=wave.number,
            trigger=wave.trigger,
            trigger_text=voice.named("trigger", wave.trigger),
            text=wave_text(wave, voice),
            created_at=wave.created_at,
            mode=wave.mode,
            level=wave.level,
            batch_id=wave.batch_id,
            playbook_version=wave.playbook_version,
            reach=wave.reach_minutes,
            searched_minutes=wave.searched_minutes,
            people=wave.people,
            target_probability=wave.target_probability,
            probability=round(wave.probability, 4),
            planned_by=wave.planned_by,
            overrule_reason=wave.overrule_reason,
            chosen=[
                ChosenOut(
                    member_id=entry["member_id"],
                    seat_id=entry["seat_id"],
                    travel_minutes=entry["travel_minutes"],
                    cost=entry["cost"],
                    source=entry.get("source"),
                    acceptance=entry.get("acceptance"),
                    text=words.chosen(entry, seat_numbers[UUID(entry["seat_id"])], voice),
                )
                for entry in wave.chosen
            ],
            not_chosen=[
                NotChosenOut(
                    member_id=entry["member_id"],
                    travel_minutes=entry["travel_minutes"],
                    reason=entry["reason"],
                    source=entry.get("source"),
                    detail=entry.get("detail") or {},
                    text=words.not_chosen(entry, wave.searched_minutes, day, voice),
                )
                for entry in wave.not_chosen
            ],
            counts=wave.counts,
            shortfall=wave.shortfall,
        )
