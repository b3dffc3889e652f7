"""The process's copy of the grid graph, renewed when the map's edition has moved on."""

import asyncio

from sqlalchemy.ext.asyncio import AsyncSession

from service.grids.graph import GridGraph
from service.grids.queries.map import edition_number, load_graph


class GraphStore:
    """Gives the grid graph of the edition that the caller's transaction sees."""

    def __init__(self) -> None:
        self._graph: GridGraph | None = None
        self._loading = asyncio.Lock()

    async def current(self, session: AsyncSession) -> GridGraph:
        """The graph; loaded once per edition however many ask at once."""
        return await self.of(session, await edition_number(session))

    async def of(self, session: AsyncSession, number: int) -> GridGraph:
        """The same, where the edition's number has been read already."""
        if self._graph is not None and self._graph.edition == number:
            return self._graph
        async with self._loading:
            if self._graph is None or self._graph.edition != number:
                self._graph = await load_graph(session)
            return self._graph
