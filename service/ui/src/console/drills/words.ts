/** The words of drills. */

import type { Language } from "../../shared/times.ts";
import { makeWords, type Texts, type Words as WordsOf } from "../../shared/words.ts";

const TEXTS = {
  title: ["点兵练兵", "Drills"],
  lead: [
    "演练不占用真实派单，不计入问效；所有收到的人都会看到“演练”字样。",
    "A drill never touches a real offer and stays out of the report; whoever is called sees that it is a drill.",
  ],
  mark: ["演练", "Drill"],
  muster: ["点兵", "Muster"],
  muster_lead: [
    "召集一个区域的队员，看谁在几分钟内应答。",
    "Call the members of an area, and see who answers in time.",
  ],
  exercise: ["练兵", "Exercise"],
  exercise_lead: [
    "按情景发布演练任务，由真实的派单引擎处理。",
    "Tasks of a scenario, dispatched by the live engine as drills.",
  ],
  start: ["开始一次演练", "Start a drill"],
  kind: ["种类", "Kind"],
  area: ["区域", "Area"],
  area_hint: ["名称或编码", "Name or code"],
  name: ["名称", "Title"],
  minutes: ["时长（分钟）", "Minutes"],
  scenario: ["情景", "Scenario"],
  scenario_per_hour: ["{name}（每小时约 {count} 项）", "{name} (about {count} tasks an hour)"],
  off_duty: ["也召集不在值守的队员", "Call those who are off duty as well"],
  start_muster: ["开始点兵", "Start the muster"],
  start_exercise: ["开始练兵", "Start the exercise"],
  starting: ["正在开始…", "Starting…"],
  need_area: ["请先选定区域。", "Choose an area first."],
  list: ["演练记录", "Drills so far"],
  none: ["还没有演练。", "No drill so far."],
  choose: ["选择左侧的一次演练，查看进展和报告。", "Choose a drill on the left to see how it goes."],
  more: ["更早的", "Earlier ones"],
  running: ["进行中", "Running"],
  ended: ["已结束", "Ended"],
  left: ["还剩 {time}", "{time} left"],
  from_to: ["{from} 至 {to}", "{from} to {to}"],
  end: ["结束演练", "End the drill"],
  end_ask: ["现在结束？未完成的演练任务会取消。", "End it now? Its tasks that still go on are cancelled."],
  end_yes: ["结束", "End it"],
  keep: ["继续演练", "Let it go on"],
  called: ["召集", "Called"],
  here: ["能到", "Here"],
  cannot: ["不能到", "Cannot come"],
  silent: ["未应答", "Silent"],
  answered_share: ["应答率", "Answered"],
  within: ["{minutes} 分钟内 {count} 人", "{count} within {minutes} min"],
  by_unit: ["按单位", "By unit"],
  by_community: ["按社区", "By community"],
  group: ["单位或社区", "Unit or community"],
  who: ["名单", "The roll"],
  who_lead: ["仅限你可查看花名册的队员。", "Of those whose roster you may read."],
  who_open: ["查看名单", "Show the roll"],
  all: ["全部", "All"],
  number: ["编号", "Number"],
  person: ["姓名", "Name"],
  unit: ["单位", "Unit"],
  answer: ["应答", "Answer"],
  at: ["时间", "At"],
  tasks: ["演练任务", "Tasks of the exercise"],
  task: ["任务", "Task"],
  due: ["发布时间", "Posted at"],
  posted: ["已发布", "posted"],
  waiting: ["待发布", "to come"],
  response: ["响应", "Response"],
  failed: ["没有成功：{why}", "That did not work: {why}"],
} as const satisfies Texts;

export type Key = keyof typeof TEXTS;
export type Words = WordsOf<Key>;

export const words = (language: Language): Words => makeWords(TEXTS, language);
