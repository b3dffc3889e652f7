"""What posting a task would do, as a dispatcher reads it before posting."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from service.dispatch.schemas.ledger import LedgerOut
from service.dispatch.schemas.tasks import GridRef, TaskOut
from service.tasks.queries.similar import Similar


class SimilarOut(BaseModel):
    """A task that may be the same thing."""

    id: UUID
    title: str
    state: str
    urgency: str
    grid: GridRef
    created_at: datetime
    metres: float

    @classmethod
    def of(cls, similar: Similar) -> "SimilarOut":
        """One task."""
        task = similar.task
        return cls(
            id=task.id,
            title=task.title,
            state=task.state,
            urgency=task.urgency,
            grid=GridRef(id=task.grid_id, code=task.grid_code, name=task.grid_name),
            created_at=task.created_at,
            metres=round(similar.metres, 1),
        )


class ForesightOut(BaseModel):
    """Where the task would be, in which mode, and who would be asked. Its ids are nobody's: nothing was posted."""

    grid: GridRef
    snapped_m: float
    responsible_units: list[str]
    residents_of: str | None
    mode: str
    level: str | None
    seats: int
    wave: LedgerOut | None = Field(description="The first one, with whom it chooses and why not the others")
    similar: list[SimilarOut] = Field(
        description="Tasks of the category near the place, of late: perhaps the same thing. The nearest first"
    )

    @classmethod
    def of(cls, task: TaskOut, waves: list[LedgerOut], similar: list[Similar]) -> "ForesightOut":
        """The answer, from the task as it would be read."""
        return cls(
            grid=task.grid,
            snapped_m=task.snapped_m,
            responsible_units=task.responsible_units,
            residents_of=task.residents_of,
            mode=task.mode,
            level=task.level,
            seats=len(task.seats),
            wave=waves[0] if waves else None,
            similar=[SimilarOut.of(each) for each in similar],
        )
