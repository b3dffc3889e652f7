"""The pictures under the console's map: none, unless somebody names where they come from. Pure."""

from urllib.parse import urlsplit


def layers_of(basemap: str) -> list[str]:
    """The addresses of a base map's layers, the lowest first."""
    return basemap.split()


def origins_of(basemap: str) -> list[str]:
    """Where its pictures come from: a page may fetch from there, and from nowhere else but its own service."""
    found = (urlsplit(address) for address in layers_of(basemap))
    return sorted({f"{each.scheme}://{each.netloc}" for each in found})
