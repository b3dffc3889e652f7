"""The base map: what may be set, and where its pictures come from."""

import pytest
from pydantic import ValidationError

from service.settings import Settings
from service.ui.basemap import layers_of, origins_of

STREETS = "https://t0.maps.example.cn/vec_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=KEY"
NAMES = "https://t0.maps.example.cn/cva_w/wmts?TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=KEY"
OWN = "http://10.0.0.7:8080/{z}/{x}/{y}.png"


def test_several_layers_are_of_the_origins_they_name():
    basemap = Settings(basemap=f"{STREETS} {NAMES}  {OWN}").basemap
    assert layers_of(basemap) == [STREETS, NAMES, OWN]
    assert origins_of(basemap) == ["http://10.0.0.7:8080", "https://t0.maps.example.cn"]
    assert layers_of("") == origins_of("") == []


@pytest.mark.parametrize(
    "wrong",
    [
        "https://maps.example.cn/{z}/{x}.png",
        "https://maps.example.cn/{z}/{x}/{y}/{y}.png",
        "//maps.example.cn/{z}/{x}/{y}",
        "https://maps.example.cn; script-src *;/{z}/{x}/{y}",
        "https://maps.example.cn/{z}/{x}/{y}'unsafe-inline'",
    ],
)
def test_what_is_no_address_of_tiles_is_refused(wrong):
    with pytest.raises(ValidationError, match="basemap"):
        Settings(basemap=wrong)
