"""The collections that are published, one entry a view of migration 0005.

Geometry is stored in CGCS2000 degrees (EPSG:4490) in the column `geom`. Pure.
"""

from collections.abc import Mapping
from types import MappingProxyType

from service.access.rules import Action
from service.grids.rules import LEVELS
from service.ogc.collection import Collection, Kind, Property, Shape


def text(name: str, zh: str, en: str, *values: str) -> Property:
    """A property of text; `values` are all that it may be."""
    return Property(name, Kind.TEXT, zh, en, values)


def number(name: str, zh: str, en: str, unit: str | None = None) -> Property:
    """A property that is a real number."""
    return Property(name, Kind.NUMBER, zh, en, unit=unit)


def integer(name: str, zh: str, en: str) -> Property:
    """A property that counts."""
    return Property(name, Kind.INTEGER, zh, en)


def flag(name: str, zh: str, en: str) -> Property:
    """A property that is true or false."""
    return Property(name, Kind.BOOLEAN, zh, en)


def time(name: str, zh: str, en: str) -> Property:
    """A property that is a moment."""
    return Property(name, Kind.TIME, zh, en)


CODE = text("code", "编码", "Code")
NAME = text("name", "名称", "Name")
NAME_EN = text("name_en", "英文名称", "English name")
LEVEL = text("level", "层级", "Level", *LEVELS)
PARENT = text("parent_code", "上级编码", "Code of the parent")
LEAF = flag("leaf", "末级", "Has nothing below it")
UNIT = text("unit_code", "责任单位编码", "Code of the responsible unit")
UNIT_NAME = text("unit_name", "责任单位", "Responsible unit")
AREA = number("area_m2", "面积（平方米）", "Area in square metres", "m²")
WIDTH = number("width_m", "平均宽度（米）", "Mean width in metres", "m")
SLIVER = flag("sliver", "碎屑", "A sliver: narrower than 5 m")
INVENTED = flag("invented", "虚构", "Made up for a demo")
VALID_FROM = time("valid_from", "生效时间", "Valid from")

COLLECTIONS: Mapping[str, Collection] = MappingProxyType(
    {
        each.id: each
        for each in (
            Collection(
                id="governance_grids",
                zh="社会治理网格",
                en="Governance grids",
                about_zh="现行的社会治理网格，从市、县、镇街、社区到网格。",
                about_en="The governance grids as they are now: city, counties, towns, communities, grids.",
                action=Action.GRID_READ,
                shape=Shape.MULTIPOLYGON,
                identity=("code",),
                properties=(CODE, NAME, NAME_EN, LEVEL, PARENT, LEAF, AREA, INVENTED, VALID_FROM),
                paged_by=("code",),
                paged_kind=Kind.TEXT,
                period=("valid_from", None),
            ),
            Collection(
                id="party_grids",
                zh="机关党建网格",
                en="Party grids",
                about_zh="现行的机关党建网格及其责任单位。",
                about_en="The party grids as they are now, each with the unit that is responsible.",
                action=Action.GRID_READ,
                shape=Shape.MULTIPOLYGON,
                identity=("code",),
                properties=(
                    CODE,
                    NAME,
                    NAME_EN,
                    UNIT,
                    UNIT_NAME,
                    text("unit_name_en", "责任单位英文名", "Responsible unit, English name"),
                    AREA,
                    INVENTED,
                    VALID_FROM,
                ),
                paged_by=("code",),
                paged_kind=Kind.TEXT,
                period=("valid_from", None),
            ),
            Collection(
                id="grid_versions",
                zh="网格历史",
                en="Grid versions",
                about_zh="两类网格的全部版本：用 datetime 查看某日或某段时间的网格。",
                about_en="All versions of both layers: datetime shows the grids of a day or a period.",
                action=Action.GRID_READ,
                shape=Shape.MULTIPOLYGON,
                identity=("id",),
                properties=(
                    Property("id", Kind.UUID, "版本号", "Version"),
                    text("layer", "图层", "Layer", "governance", "party"),
                    CODE,
                    NAME,
                    NAME_EN,
                    LEVEL,
                    PARENT,
                    UNIT,
                    LEAF,
                    AREA,
                    INVENTED,
                    VALID_FROM,
                    time("valid_to", "失效时间", "Valid until"),
                ),
                paged_by=("id",),
                paged_kind=Kind.UUID,
                period=("valid_from", "valid_to"),
            ),
            Collection(
                id="overlay",
                zh="叠加",
                en="Overlay",
                about_zh="社会治理网格与机关党建网格的交集：面积及占各自的比例。",
                about_en="Where a governance grid and a party grid meet: the ground, its area and share of either.",
                action=Action.COVERAGE_READ,
                shape=Shape.MULTIPOLYGON,
                identity=("governance_code", "party_code"),
                properties=(
                    text("governance_code", "社会治理网格编码", "Code of the governance grid"),
                    text("governance_name", "社会治理网格", "Governance grid"),
                    LEVEL,
                    LEAF,
                    text("party_code", "机关党建网格编码", "Code of the party grid"),
                    text("party_name", "机关党建网格", "Party grid"),
                    UNIT,
                    UNIT_NAME,
                    AREA,
                    number("governance_share", "占社会治理网格比例", "Share of the governance grid"),
                    number("party_share", "占机关党建网格比例", "Share of the party grid"),
                ),
                paged_by=("governance_grid_id", "party_grid_id"),
                paged_kind=Kind.UUID,
                area="governance_code",
            ),
            Collection(
                id="gaps",
                zh="空白区",
                en="Gaps",
                about_zh="末级社会治理网格中没有责任单位的地面。",
                about_en="The ground of leaf governance grids for which no unit is responsible.",
                action=Action.COVERAGE_READ,
                shape=Shape.MULTIPOLYGON,
                identity=("code",),
                properties=(
                    CODE,
                    NAME,
                    NAME_EN,
                    LEVEL,
                    AREA,
                    number("share", "占网格比例", "Share of the grid"),
                    WIDTH,
                    SLIVER,
                ),
                paged_by=("governance_grid_id",),
                paged_kind=Kind.UUID,
                area="code",
            ),
            Collection(
                id="overlaps",
                zh="重叠区",
                en="Overlaps",
                about_zh="两个机关党建网格都包含的地面。",
                about_en="Ground that two party grids claim.",
                action=Action.COVERAGE_READ,
                shape=Shape.MULTIPOLYGON,
                identity=("code_a", "code_b"),
                properties=(
                    text("code_a", "甲网格编码", "Code of grid a"),
                    text("name_a", "甲网格", "Grid a"),
                    text("unit_a", "甲责任单位编码", "Code of the unit of a"),
                    text("code_b", "乙网格编码", "Code of grid b"),
                    text("name_b", "乙网格", "Grid b"),
                    text("unit_b", "乙责任单位编码", "Code of the unit of b"),
                    AREA,
                    number("share_a", "占甲网格比例", "Share of grid a"),
                    number("share_b", "占乙网格比例", "Share of grid b"),
                    WIDTH,
                    SLIVER,
                ),
                paged_by=("party_grid_a_id", "party_grid_b_id"),
                paged_kind=Kind.UUID,
                by_ground=True,
            ),
            Collection(
                id="coverage",
                zh="覆盖",
                en="Coverage",
                about_zh="各末级社会治理网格的覆盖情况。1 到 4 人的人数不显示。",
                about_en="What covers each leaf governance grid. Counts of people from 1 to 4 are not said.",
                action=Action.COVERAGE_READ,
                shape=Shape.MULTIPOLYGON,
                identity=("code",),
                properties=(
                    CODE,
                    NAME,
                    NAME_EN,
                    LEVEL,
                    PARENT,
                    AREA,
                    number("covered_share", "覆盖比例", "Covered share"),
                    number("gap_m2", "空白面积（平方米）", "Area of the gap in square metres", "m²"),
                    integer("units", "责任单位数", "Responsible units"),
                    text("unit_codes", "责任单位编码", "Codes of the units, with commas between"),
                    integer("members_home", "居住队员数", "Members who live there"),
                    flag(
                        "members_home_suppressed", "居住队员数不显示", "members_home is too small to be said"
                    ),
                    integer("members_units", "责任单位队员数", "Members of the responsible units"),
                    flag(
                        "members_units_suppressed",
                        "责任单位队员数不显示",
                        "members_units is not said: one of the units is too small",
                    ),
                ),
                paged_by=("code",),
                paged_kind=Kind.TEXT,
                area="code",
            ),
            Collection(
                id="links",
                zh="通道",
                en="Links",
                about_zh="连接陆上不相邻网格的桥梁、海堤和轮渡。",
                about_en="The bridges, causeways and ferries between grids that do not touch by land.",
                action=Action.GRID_READ,
                shape=Shape.LINE,
                identity=("code",),
                properties=(
                    CODE,
                    NAME,
                    NAME_EN,
                    text("kind", "类别", "Kind"),
                    text("grid_a", "起点网格编码", "Code of the grid at its beginning"),
                    text("grid_b", "终点网格编码", "Code of the grid at its end"),
                    number("length_m", "长度（米）", "Length in metres", "m"),
                    number("minutes", "通行分钟", "Minutes to cross", "min"),
                    number("wait_minutes", "等候分钟", "Minutes to wait", "min"),
                    flag("open", "开放", "Open"),
                    INVENTED,
                ),
                paged_by=("code",),
                paged_kind=Kind.TEXT,
            ),
            Collection(
                id="tasks",
                zh="任务",
                en="Tasks",
                about_zh="任务的类别、状态和所在网格，位置是网格内的代表点；不含人员和文字说明。",
                about_en="Tasks by category, state and grid, at a point that stands for it; no persons, no texts.",
                action=Action.TASK_PLACE_READ,
                shape=Shape.POINT,
                identity=("id",),
                properties=(
                    Property("id", Kind.UUID, "任务号", "Task"),
                    text("category", "类别", "Category"),
                    text("urgency", "紧急程度", "Urgency", "routine", "urgent", "critical"),
                    text(
                        "state",
                        "状态",
                        "State",
                        "open",
                        "staffed",
                        "under_way",
                        "closed",
                        "cancelled",
                        "expired",
                    ),
                    text("mode", "平急", "Mode", "normal", "emergency"),
                    text("level", "响应级别", "Level of the emergency", "I", "II", "III", "IV"),
                    flag("drill", "演练", "A drill"),
                    text("grid_code", "网格编码", "Code of the grid"),
                    text("grid_name", "网格", "Grid"),
                    time("posted_at", "发布时间", "Posted at"),
                    time("staffed_at", "满员时间", "Staffed at"),
                    time("ended_at", "结束时间", "Ended at"),
                    integer("seats", "岗位数", "Seats"),
                    integer("filled", "已到位岗位数", "Filled seats"),
                ),
                paged_by=("id",),
                paged_kind=Kind.UUID,
                area="grid_code",
                period=("posted_at", "ended_at"),
                stands_for="grid_code",
            ),
        )
    }
)
"""By id, in the order in which they are listed."""
