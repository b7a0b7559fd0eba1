import { KpiError, parseKpi } from "./kpi";

const header = [
  "-- title: Active shops",
  "-- question: How many shops planned a shift, week by week?",
  "-- owner: product",
  "-- unit: shops",
  "-- grain: week",
  "-- chart: line",
];
const FILE = "queries/kpis/active_shops.sql";
const parse = (lines: readonly string[], name = "active_shops") => parseKpi(name, FILE, `${lines.join("\n")}\n`);

test("reads the header and keeps the file as it is", () => {
  const lines = [...header, "-- A shop is active if it planned anything.", "", "SELECT 1 -- title: not a header"];
  expect(parse(lines)).toEqual({
    name: "active_shops",
    title: "Active shops",
    question: "How many shops planned a shift, week by week?",
    owner: "product",
    unit: "shops",
    grain: "week",
    chart: "line",
    sql: `${lines.join("\n")}\n`,
  });
});

test.each([
  ["a missing member", header.slice(1), `${FILE}: the header has no line "-- title: ...".`],
  ["an empty one", ["-- title:", ...header.slice(1)], `${FILE}, line 1: "title" is empty.`],
  ["one that stands twice", [...header, "-- unit: %"], `${FILE}, line 7: "unit" stands twice.`],
  [
    "a misspelt one",
    [...header, "-- ower: me"],
    `${FILE}, line 7: "ower" is none of title, question, owner, unit, grain, chart, draws.`,
  ],
  [
    "a chart that nobody draws",
    [...header.slice(0, 5), "-- chart: pie"],
    `${FILE}: chart is "pie", expected one of line, bar, number, table.`,
  ],
  [
    "what is no column",
    [...header, "-- draws: active_shops, Shops"],
    `${FILE}: draws has "Shops", expected columns between commas, in lower case.`,
  ],
  ["a column drawn twice", [...header, "-- draws: shops,shops"], `${FILE}: draws has "shops" twice.`],
  [
    "columns of a table, which shows all",
    [...header.slice(0, 5), "-- chart: table", "-- draws: shops"],
    `${FILE}: "draws" stands beside "chart: table", which shows every column.`,
  ],
])("%s is named, with its place", (_what, lines, message) => {
  expect(() => parse([...lines, "SELECT 1"])).toThrow(new KpiError(message));
});

test("names the columns that are drawn, if it says so", () => {
  expect(parse([...header, "SELECT 1"])).not.toHaveProperty("draws");
  expect(parse([...header, "-- draws: active_shops,planning_shops", "SELECT 1"]).draws).toEqual([
    "active_shops",
    "planning_shops",
  ]);
});

test("a header alone is no KPI, and the file's name is what one asks for", () => {
  expect(() => parse(header)).toThrow(`${FILE}: there is no statement after the header.`);
  expect(() => parse([...header, "SELECT 1"], "Active-Shops")).toThrow(`${FILE}: name it in lower-case letters`);
});
