"""Tiles that were made, kept in the process's memory: the ones used last, up to a number of bytes.

A key holds all that a tile depends on (the map's edition, the scope of the caller, …), so that no entry ever has to be
taken back: what is out of date is not asked for any more, and falls out.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable

ENTRY_BYTES = 600
"""What an entry costs beside its tile: an empty tile is not free either."""


class TileCache:
    """Gives tiles by key; one that several ask for at the same time is made once."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.held_bytes = 0
        self._tiles: OrderedDict[Hashable, bytes] = OrderedDict()
        self._under_way: dict[Hashable, asyncio.Future[bytes | None]] = {}

    def held(self, key: Hashable) -> bytes | None:
        """A tile that is there."""
        tile = self._tiles.get(key)
        if tile is not None:
            self._tiles.move_to_end(key)
        return tile

    async def get(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The tile, made by `make` where it is not there. Raises what `make` raises: whoever waited then makes it."""
        while True:
            tile = self.held(key)
            if tile is not None:
                return tile
            waited_for = self._under_way.get(key)
            if waited_for is None:
                return await self._made(key, make)
            tile = await asyncio.shield(waited_for)
            if tile is not None:
                return tile

    async def _made(self, key: Hashable, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """Make the tile, keep it, and hand it to those who wait."""
        done = self._under_way[key] = asyncio.get_running_loop().create_future()
        tile: bytes | None = None
        try:
            tile = await make()
            self._keep(key, tile)
            return tile
        finally:
            # None, where it failed or its client went away: the next one of those who wait makes it.
            del self._under_way[key]
            done.set_result(tile)

    def _keep(self, key: Hashable, tile: bytes) -> None:
        """Keep a tile, and let those go that were not used for longest."""
        self._tiles[key] = tile
        self.held_bytes += len(tile) + ENTRY_BYTES
        while self.held_bytes > self.most_bytes:
            _, oldest = self._tiles.popitem(last=False)
            self.held_bytes -= len(oldest) + ENTRY_BYTES
