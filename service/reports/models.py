"""What reports keep: coverage as it was, since nobody can reckon it afterwards."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from service.db.base import Base


class CoverageSample(Base):
    """What covered a county at a moment."""

    __tablename__ = "coverage_sample"

    area_code: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(primary_key=True)
    available: Mapped[int]
    """Members who might have been asked for an urgent task, as they were known to be in the county."""
    leaves: Mapped[int]
    covered: Mapped[int]
    """Leaf grids that enough of them reached in time: `rules.ENOUGH_PEOPLE`, `rules.ENOUGH_MINUTES`."""
