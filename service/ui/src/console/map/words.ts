/** The map's words. */

import type { Language } from "../../shared/times.ts";

const TEXTS = {
  map: ["地图", "Map"],
  map_label: ["地图：方向键移动，加减号缩放", "Map: arrow keys move it, plus and minus zoom"],
  no_webgl: ["这个浏览器画不出地图", "This browser cannot draw the map"],
  no_webgl_lead: [
    "地图需要 WebGL 2，本机没有或已关闭。任务列表、派单、报表等其他功能都照常可用；发布任务时请按名称选择地点。",
    "The map needs WebGL 2, which is missing or turned off here. Everything else works as usual: the list of tasks, offers, reports. Choose a task’s place by its name.",
  ],
  lost: ["地图暂时画不出来，正在恢复…", "The map cannot be drawn at the moment; it is coming back…"],
  failed: ["地图数据没有读到：{what}", "Some of the map could not be read: {what}"],
  retry: ["重试", "Try again"],
  legend: ["图例", "Legend"],
  legend_hide: ["收起图例", "Hide the legend"],
  zoom_in: ["放大", "Zoom in"],
  zoom_out: ["缩小", "Zoom out"],
  fit: ["看全辖区", "Show the whole area"],
  base: ["底图", "Base map"],
  grids: ["社会治理网格", "Governance grids"],
  party: ["机关党建网格", "Party grids"],
  party_lead: ["按责任单位着色", "One tint a unit"],
  overlay: ["叠加", "Overlay"],
  overlay_lead: ["治理网格与党建网格的交集", "Where a grid of either layer meet"],
  gaps: ["空白区", "Gaps"],
  gaps_lead: ["没有责任单位", "No unit is responsible"],
  overlaps: ["重叠区", "Overlaps"],
  overlaps_lead: ["两个党建网格都包含", "Two party grids claim it"],
  heat: ["可达人数", "People in reach"],
  heat_minutes: ["{count} 分钟", "{count} min"],
  heat_none: ["无人", "nobody"],
  heat_few: ["人数过少不显示", "too few to be said"],
  heat_busy: ["正在计算：{done} / {all} 个县区", "Reckoning: {done} of {all} counties"],
  heat_at: ["截至 {time}，{count} 个网格", "As of {time}, {count} grids"],
  again: ["刷新", "Refresh"],
  members: ["在岗队员", "Members on duty"],
  members_lead: [
    "未接受任务的只到网格；出动中的显示准确位置。每次查看都会记录，队员本人可见。",
    "By grid before they accept, exactly once engaged. Each look is on record, and the member sees it.",
  ],
  members_at: [
    "截至 {time}，{count} 人，其中 {exact} 人为准确位置",
    "As of {time}: {count} people, {exact} of them exact",
  ],
  members_busy: ["正在读取…", "Reading…"],
  member_exact: ["准确位置", "exact position"],
  member_rough: ["网格内人数", "people in the grid"],
  tasks: ["任务", "Tasks"],
  routine: ["一般", "Routine"],
  urgent: ["紧急", "Urgent"],
  critical: ["特急", "Critical"],
  drill: ["演练", "Drill"],
  open: ["待补人", "seats open"],
  staffed: ["人已齐", "staffed"],
  under_way: ["处置中", "under way"],
  cluster: ["多项任务", "several tasks"],
  links: ["桥梁、海堤、轮渡", "Bridges, causeways, ferries"],
  link_closed: ["已关闭", "closed"],
  activations: ["应急区域", "Areas in emergency"],
  level: ["{level} 级", "level {level}"],
  none_now: ["当前没有", "none now"],
  status: ["图上 {grids} 个{level}，{tasks} 项任务", "{grids} {level} on the map, {tasks} tasks"],
  level_city: ["市", "city"],
  level_county: ["县区", "counties"],
  level_town: ["镇街", "towns"],
  level_community: ["社区", "communities"],
  level_grid: ["网格", "grids"],
  level_none: ["网格", "grids"],
  pick: [
    "指定地点：在地图上点击；或用方向键移动准星（按住 Shift 走得更远），按 Enter 确定。",
    "Choose the place: click on the map, or move the cross with the arrow keys (Shift: farther) and press Enter.",
  ],
  crosshair: ["准星位置 {place}", "Cross at {place}"],
  picked: ["已选地点 {place}", "Chosen place {place}"],
  units: ["责任单位：{names}", "Responsible: {names}"],
  units_none: ["没有责任单位", "No unit is responsible"],
  boundary: ["距边界 {metres} 米", "{metres} m from the boundary"],
  snapped: ["在网格外 {metres} 米，归最近的网格", "{metres} m outside of the grids; taken by the nearest"],
  nowhere: ["不在任何网格附近", "Not near any grid"],
  close: ["关闭", "Close"],
  source: ["网格 © 本市网格数据", "Grids © the city’s grid data"],
  invented: ["演示数据：边界为虚构", "Demo data: boundaries made up"],
} as const satisfies Record<string, readonly [string, string]>;

export type Key = keyof typeof TEXTS;
export type Words = (key: Key, values?: Record<string, string | number>) => string;

/** A text with its placeholders filled. */
export function words(language: Language): Words {
  const column = language === "zh" ? 0 : 1;
  return (key, values = {}) =>
    TEXTS[key][column].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
