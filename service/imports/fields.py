"""The fields of each kind of import, and the columns that they are likely in."""

from collections.abc import Mapping
from typing import NamedTuple


class FieldRule(NamedTuple):
    """A field of a kind: whether each row needs it, and the columns that it is likely in, the likeliest first."""

    name: str
    required: bool
    columns: tuple[str, ...]


_NAME_EN = FieldRule("name_en", False, ("英文名称", "英文名", "name_english", "english_name", "ename"))
_UNIT_CODE = (
    *(
        "责任单位编码",
        "责任单位代码",
        "单位编码",
        "单位代码",
        "所属单位编码",
        "所属单位代码",
        "responsible_unit_code",
    ),
    *("责任单位", "所属单位", "机关单位", "单位", "responsible_unit", "unit"),
)

FIELDS: Mapping[str, tuple[FieldRule, ...]] = {
    "governance-grids": (
        FieldRule(
            "code",
            True,
            (
                *(
                    "网格编码",
                    "网格代码",
                    "网格编号",
                    "行政区划代码",
                    "区划代码",
                    "区划编码",
                    "编码",
                    "代码",
                    "编号",
                ),
                *("grid_code", "division_code", "adcode", "gb"),
            ),
        ),
        FieldRule(
            "name",
            True,
            ("网格名称", "网格名", "区划名称", "行政区名称", "名称", "名字", "grid_name", "division_name"),
        ),
        _NAME_EN,
        FieldRule("level", False, ("级别", "层级", "网格级别", "网格层级", "行政级别", "grid_level")),
        FieldRule(
            "parent_code",
            False,
            (
                *(
                    "上级编码",
                    "上级代码",
                    "上级网格编码",
                    "上级区划代码",
                    "父级编码",
                    "父级代码",
                    "上级编号",
                    "上级",
                ),
                *("parent", "parent_grid_code", "pcode"),
            ),
        ),
    ),
    "party-grids": (
        FieldRule(
            "code",
            True,
            (
                "网格编码",
                "网格代码",
                "网格编号",
                "党建网格编码",
                "责任区编码",
                "编码",
                "代码",
                "编号",
                "grid_code",
            ),
        ),
        FieldRule(
            "name", True, ("网格名称", "网格名", "党建网格名称", "责任区名称", "名称", "名字", "grid_name")
        ),
        FieldRule("unit_code", True, _UNIT_CODE),
    ),
    "links": (
        FieldRule("code", True, ("通道编码", "通道代码", "通道编号", "编码", "代码", "编号", "link_code")),
        FieldRule("name", True, ("通道名称", "名称", "名字", "桥名", "link_name")),
        _NAME_EN,
        FieldRule(
            "kind", True, ("类别", "类型", "通道类别", "通道类型", "种类", "type", "link_kind", "link_type")
        ),
        FieldRule(
            "minutes", True, ("分钟", "通行分钟", "通行时间", "时间", "耗时", "travel_minutes", "duration")
        ),
        FieldRule(
            "wait_minutes",
            False,
            ("等候分钟", "等待分钟", "等候时间", "等待时间", "候船时间", "wait", "waiting"),
        ),
        FieldRule("length_m", False, ("长度", "长度米", "长度(米)", "通道长度", "length", "length_metres")),
    ),
    "units": (
        FieldRule("code", True, ("单位编码", "单位代码", "单位编号", "编码", "代码", "编号", "unit_code")),
        FieldRule("name", True, ("单位名称", "单位全称", "名称", "全称", "单位", "unit_name")),
        _NAME_EN,
        FieldRule(
            "kind",
            True,
            ("类别", "类型", "单位类别", "单位类型", "单位性质", "性质", "type", "unit_kind", "unit_type"),
        ),
        FieldRule("lon", False, ("经度", "东经", "办公经度", "longitude", "lng", "long", "x")),
        FieldRule("lat", False, ("纬度", "北纬", "办公纬度", "latitude", "y")),
        FieldRule("wkt", False, ("坐标", "位置", "办公地点", "geometry", "geom", "the_geom", "point")),
    ),
    "members": (
        FieldRule(
            "number",
            True,
            ("编号", "队员编号", "队员号", "工号", "人员编号", "member_number", "member_no", "no", "id"),
        ),
        FieldRule("name", True, ("姓名", "名字", "队员姓名", "member_name", "full_name")),
        FieldRule("unit_code", True, _UNIT_CODE),
        FieldRule(
            "home_community",
            True,
            (
                *(
                    "所在社区编码",
                    "所在社区代码",
                    "社区编码",
                    "社区代码",
                    "居住社区编码",
                    "报到社区编码",
                    "所在社区",
                ),
                *("居住社区", "报到社区", "双报到社区", "社区", "community_code", "community", "home"),
            ),
        ),
        FieldRule(
            "tier", False, ("类别", "队伍类别", "队员类别", "梯队", "层次", "战备", "category", "member_tier")
        ),
        FieldRule("skills", False, ("技能", "专长", "特长", "技能专长", "skill")),
        FieldRule(
            "active", False, ("在册", "是否在册", "有效", "是否有效", "启用", "状态", "is_active", "enabled")
        ),
    ),
}
"""The fields of each `rules.Kind`. A unit's place is `lon` and `lat`, or `wkt`, or the geometry of a file of shapes."""
