"""Who may read a collection: its own action decides."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from service.access.guards import Allow, ask, caller
from service.access.rules import Action, Caller
from service.errors import NotFound
from service.ogc.collection import Collection
from service.ogc.collections import COLLECTIONS
from service.web.transaction import Now, Tx


@dataclass(frozen=True)
class AllowCollection(Allow):
    """The guard of a route of one collection. `action` is what all of them need at least."""

    async def __call__(
        self, request: Request, who: Annotated[Caller, Depends(caller)], tx: Tx, now: Now
    ) -> Caller:
        """The caller, who may read the collection somewhere. Raises NotFound where there is none, and Refused."""
        self.ask(request, who)
        return who

    def ask(self, request: Request, who: Caller) -> Collection:
        """The collection of the path, which the caller may read somewhere. Raises NotFound and Refused."""
        ask(request, who, self.action)
        collection = collection_of(request)
        ask(request, who, collection.action)
        return collection


def collection_of(request: Request) -> Collection:
    """The collection that the path names. Raises NotFound."""
    found = COLLECTIONS.get(request.path_params["collection_id"])
    if found is None:
        raise NotFound("collection")
    return found


Reading = Annotated[Caller, Depends(AllowCollection(Action.GRID_READ))]
"""Who reads the collection of the path."""
