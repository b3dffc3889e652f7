"""Reads of the catalogue of skills."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from service.roster.models import Skill


async def all_skills(session: AsyncSession) -> Sequence[Skill]:
    """Every skill there is, by code."""
    return (await session.scalars(select(Skill).order_by(Skill.code))).all()
