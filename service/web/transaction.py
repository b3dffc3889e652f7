"""A request is one transaction, opened and committed at the edge.

The scope is `function`: FastAPI then commits before the response goes out, so a constraint that fails at
COMMIT is an error and never a 200.
"""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession


async def begin(request: Request) -> AsyncIterator[AsyncSession]:
    """The request's session, inside its one transaction."""
    async with request.app.state.sessions.begin() as session:
        request.state.session = session
        yield session


async def now(request: Request) -> datetime:
    """The time of the request, from the application's clock; `async`, as FastAPI gives a plain function a thread."""
    moment: datetime = request.app.state.clock()
    return moment


Tx = Annotated[AsyncSession, Depends(begin, scope="function")]
Now = Annotated[datetime, Depends(now)]
