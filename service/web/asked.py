"""What a request may ask for in any room: the language of its texts, the coordinate system of its positions."""

from typing import Annotated

from fastapi import Depends, Query, Request

from service.geo.crs import Crs
from service.texts import Language, choose


def header_language(request: Request) -> Language:
    """The language that the client asks for."""
    return choose(request.headers.get("accept-language"))


InLanguage = Annotated[Language, Depends(header_language)]
InCrs = Annotated[Crs, Query(description="Coordinate system of positions in the answer")]
