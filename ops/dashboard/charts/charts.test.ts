import { kpiOf, resultOf } from "../testing";
import { drawChart } from "./index";

const weekly = { week: "date", shops: "bigint" };
const draw = (
  chart: "line" | "bar" | "number" | "table",
  types: Readonly<Record<string, string>>,
  rows: (string | null)[][],
) => drawChart(kpiOf({ chart }), resultOf(types, rows)).text;
const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = ""]) => found);
const paths = (text: string): string[] => all(text, /<path class="line s\d" d="([^"]*)"/g);

describe("a line", () => {
  test("goes over time: a week that is missing takes its room", () => {
    const text = draw("line", weekly, [
      ["2026-01-05", "0"],
      ["2026-01-12", "10"],
      ["2026-01-26", "5"],
    ]);
    expect(paths(text)).toEqual(["M48 176L148 10L348 93"]);
    expect(all(text, /<text class="(?:start|middle|end)" x="[^"]*" y="192">([^<]*)/g)).toEqual([
      ...["2026-01-05", "2026-01-12", "2026-01-26"],
    ]);
    expect(text).toContain("<title>2026-01-12, shops: 10 shops</title>");
  });

  test("is interrupted where there is no value, and shows one that stands alone", () => {
    const rows = [
      ["2026-01-05", "1"],
      ["2026-01-12", null],
      ["2026-01-19", "2"],
      ["2026-01-26", "2"],
    ];
    const text = draw("line", weekly, rows);
    expect(paths(text)).toEqual(["M48 93M248 10L348 10"]);
    expect(all(text, /<circle[^>]*cx="(\d+)"/g)).toEqual(["48", "248", "348"]);
  });

  test("of a single point is the point, in the middle", () => {
    const text = draw("line", weekly, [["2026-01-05", "4"]]);
    expect(text).toContain('<circle class="dot s1" cx="198" cy="10"');
  });

  test("goes below zero, and says in words what it shows", () => {
    const text = draw("line", { at: "timestamp(3)", gain: "double" }, [
      ...[
        ["2026-01-05 06:00:00.000", "-2.5"],
        ["2026-01-05 18:00:00.000", "2.5"],
      ],
    ]);
    expect(paths(text)).toEqual(["M48 144.9L348 41.1"]);
    expect(text).toContain('<line class="zero" x1="42" x2="352" y1="93" y2="93"/>');
    expect(text).toContain("gain: from -2.5 shops to 2.5 shops, last 2.5 shops.</desc>");
    expect(text).toMatch(
      /^<svg role="img" aria-labelledby="shops-t shops-d".*\n<title id="shops-t">Shops<\/title>\n<desc id="shops-d">2 rows,/,
    );
  });

  test("of many points has no dots, of none has no values", () => {
    const rows = Array.from({ length: 400 }, (_, day) => [
      ...[new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10), String(day)],
    ]);
    const text = draw("line", weekly, rows);
    expect(paths(text)[0]?.split("L")).toHaveLength(400);
    expect(text).not.toContain("<circle");
    const empty = draw("line", weekly, [["2026-01-05", null]]);
    expect(empty).toContain("shops: no values.");
    expect(empty).not.toMatch(/NaN|Infinity|<path/);
  });

  test("rows in another order, or without a time, do not tangle it", () => {
    expect(
      paths(
        draw("line", weekly, [
          ["2026-01-12", "2"],
          [null, "9"],
          ["2026-01-05", "1"],
        ]),
      ),
    ).toEqual(["M48 159.4L348 142.8"]);
  });

  test("over something else than time, or with a time twice, is none", () => {
    expect(() => draw("line", { shop: "varchar", shops: "bigint" }, [["a", "1"]])).toThrow("the first column is none");
    expect(() =>
      draw("line", weekly, [
        ["2026-01-05", "1"],
        ["2026-01-05", "2"],
      ]),
    ).toThrow("2026-01-05 is in several rows");
  });
});

describe("bars", () => {
  const bars = (text: string) =>
    [...text.matchAll(/<rect class="bar s(\d)" x="([^"]*)" y="([^"]*)" width="([^"]*)" height="([^"]*)"/g)].map(
      ([, ...numbers]) => numbers.map(Number),
    );

  test("over time stand upright, side by side, below zero for a loss, and none where there is no value", () => {
    const types = { week: "date", planned: "bigint", worked: "bigint" };
    expect(
      bars(
        draw("bar", types, [
          ["2026-01-05", "10", "-5"],
          ["2026-01-12", null, "0"],
        ]),
      ),
    ).toEqual([
      [1, 71.5, 10, 48, 110.7],
      [2, 119.5, 120.7, 48, 55.3],
      [2, 274.5, 120.7, 48, 0],
    ]);
  });

  test("of names lie, each below its name, with its value", () => {
    const text = draw("bar", { kind: "varchar", people: "bigint" }, [
      ["permanent", "20"],
      ["student", "5"],
      ["lost", "-10"],
    ]);
    expect(bars(text)).toEqual([
      [1, 106, 16, 208, 10],
      [1, 106, 52, 52, 10],
      [1, 2, 88, 104, 10],
    ]);
    expect(all(text, /<text class="start value"[^>]*>([^<]*)/g)).toEqual(["20", "5", "-10"]);
  });

  test("of very many names are the first twenty, and say so", () => {
    const rows = Array.from({ length: 23 }, (_, index) => [`shop ${index}`, "1"]);
    const text = draw("bar", { shop: "varchar", shops: "bigint" }, rows);
    expect(bars(text)).toHaveLength(20);
    expect(text).toContain("The first 20 rows are drawn, 3 more are not.");
  });

  test("thousands over time fit", () => {
    const rows = Array.from({ length: 2000 }, (_, day) => [
      ...[new Date(Date.UTC(2020, 0, 1 + day)).toISOString().slice(0, 10), "1"],
    ]);
    const found = bars(draw("bar", weekly, rows));
    expect(found).toHaveLength(2000);
    expect(Math.max(...found.map(([, x = 0]) => x))).toBeLessThan(352);
  });

  test("a single one is no wall", () => {
    expect(bars(draw("bar", weekly, [["2026-01-05", "3"]]))[0]?.[3]).toBe(48);
  });
});

test("a number is that of the last row", () => {
  const text = draw("number", weekly, [
    ["2026-01-05", "3"],
    ["2026-01-12", "1234"],
  ]);
  expect(text).toContain("<dd>1,234 shops</dd>");
  expect(text).toContain("2026-01-12");
  expect(draw("number", { count: "bigint" }, [["7"]])).toMatch(/<dd>7 shops<\/dd><\/div><\/dl>$/);
  expect(draw("number", weekly, [["2026-01-05", null]])).toContain("<dd>none</dd>");
});

test("a table has the first rows, and NULL is not the empty text", () => {
  const rows = Array.from({ length: 12 }, (_, index) => [`shop ${index}`, index === 1 ? null : ""]);
  const text = draw("table", { shop: "varchar", note: "varchar" }, rows);
  expect(all(text, /<td class="text">(shop \d+)</g)).toHaveLength(10);
  expect(all(text, /(<td class="text null">NULL<\/td>)/g)).toHaveLength(1);
});

test.each(["line", "bar", "number", "table"] as const)("a %s escapes what the lake holds", (chart) => {
  const evil = `<script>alert("1")</script>`;
  const kpi = kpiOf({ chart, title: evil, unit: evil });
  const first = chart === "line" ? "date" : "varchar";
  const types = { label: first, [`n${evil}`]: "bigint" };
  const { text } = drawChart(kpi, resultOf(types, [[chart === "line" ? `2026-01-05${evil}` : evil, "1"]]));
  expect(text).not.toContain("<script");
  expect(text).toContain("&lt;script&gt;");
  expect(text).not.toMatch(/="[^"]*<script/);
});
