import { QueryFailed, type QueryResult } from "../athena";
import { Answers } from "./answers";
import { duration } from "./card";
import { ageOf, heartbeatQuestion } from "./heartbeat";
import { page, type PageOptions } from "./page";
import { POLICY } from "./style";
import { kpiOf, resultOf } from "./testing";

const SHOPS = resultOf({ week: "date", shops: "bigint" }, [
  ["2026-01-05", "3"],
  ["2026-01-12", "4"],
]);
const AGE = resultOf({ seconds: "bigint" }, [["42"]]);
const EVIL = `<script>alert("1")</script>`;

/** @param results by SQL; an Error is thrown */
async function pageOf(results: Readonly<Record<string, QueryResult | Error>>, more: Partial<PageOptions> = {}) {
  const ask = async (sql: string): Promise<QueryResult> => {
    const result = sql === heartbeatQuestion() ? AGE : results[sql];
    if (result === undefined || result instanceof Error) throw result ?? new QueryFailed(`no ${sql}`);
    return result;
  };
  const kpis = Object.keys(results).map((sql, index) => kpiOf({ name: `kpi_${index}`, title: `KPI ${index}`, sql }));
  const answers = new Answers({ ask, keep: 3_600_000, now: () => Date.UTC(2026, 0, 15, 8) });
  const now = () => Date.UTC(2026, 0, 15, 8, 7);
  const pieces: string[] = [];
  for await (const { text } of page({ kpis, answers, place: "the lake", now, ...more })) pieces.push(text);
  return { text: pieces.join(""), pieces };
}

test("has a card a KPI: what it asks, its chart, its rows, when and at what cost", async () => {
  const { text, pieces } = await pageOf({ "select 1": SHOPS });
  expect(text).toContain(
    '<h2 id="kpi_0">KPI 0</h2>\n<p>How many?</p>\n<p class="facts">shops per week; owner: product</p>',
  );
  expect(text).toContain('<path class="line s1"');
  expect(text).toContain("<summary>2 rows of kpi_0</summary>");
  expect(text).toContain('<td class="text">2026-01-12</td><td class="number">4</td>');
  expect(text).toMatch(
    /2 rows, 1\.50 s, 2\.0 KB scanned; asked <time[^>]*>2026-01-15 08:00:00 UTC<\/time>, 7 min before this page/,
  );
  expect(text).toMatch(/<p class="age">The lake is 42 s old .*08:00:00 UTC/);
  expect(text.startsWith('<!doctype html>\n<html lang="en">')).toBe(true);
  expect(text.endsWith("</main>\n</body>\n</html>\n")).toBe(true);
  // The head does not wait for Athena.
  expect(pieces[0]).toContain("</h1>");
  expect(pieces[0]).not.toContain("The lake is");
});

test("shows what Athena said of a KPI that failed, with its place, and the others as ever", async () => {
  const sql = "select a,\n  b\nfrom shifts;\n";
  const failed = new QueryFailed("COLUMN_NOT_FOUND: line 2:3: Column 'b' cannot be resolved");
  const { text } = await pageOf({ "select 1": SHOPS, [sql.replace(/;\n$/, "")]: failed, "select 3": SHOPS });
  expect(text).toContain(
    "<pre>COLUMN_NOT_FOUND: line 2:3: Column &#39;b&#39; cannot be resolved\nqueries/kpis/kpi_1.sql:2:3\n2 |   b\n      ^</pre>",
  );
  expect(text.match(/<path class="line s1"/g)).toHaveLength(2);
});

test("says of a KPI that its chart does not fit, and shows its rows all the same", async () => {
  const names = resultOf({ shop: "varchar", shops: "bigint" }, [["Port", "1"]]);
  const { text } = await pageOf({ "select 1": names, "select 2": { ...SHOPS, rows: [] } });
  expect(text).toContain("queries/kpis/kpi_0.sql cannot be drawn. A line goes over time");
  expect(text).toContain('<td class="text">Port</td>');
  expect(text).toContain("No rows: the lake has nothing to say about it yet.");
});

test("shows two hundred rows and says where the rest is", async () => {
  const rows = Array.from({ length: 201 }, (_, day) => [
    new Date(Date.UTC(2026, 0, day)).toISOString().slice(0, 10),
    "1",
  ]);
  const { text } = await pageOf({ "select 1": { ...SHOPS, rows } });
  expect(text.match(/<tr>/g)).toHaveLength(201);
  expect(text).toContain("The first 200; all of them: npm run query -- kpi_0 --csv");
});

test("escapes what the lake, the header and Athena say, and allows no script anyway", async () => {
  const kpi = kpiOf({ title: EVIL, question: EVIL, owner: EVIL, unit: EVIL, grain: EVIL, chart: "bar", sql: "a" });
  const kpis = [kpi, { ...kpi, name: "other", sql: "b" }];
  const types = { [`shop${EVIL}`]: "varchar", shops: "bigint" };
  const results = { a: resultOf(types, [[EVIL, "1"]]), b: new QueryFailed(EVIL) };
  const { text } = await pageOf(results, { kpis, place: EVIL });
  expect(text).not.toContain("<script");
  expect(text.match(/&lt;script&gt;/g)?.length).toBeGreaterThan(15);
  expect(text).toContain(`content="${POLICY.replaceAll("'", "&#39;")}"`);
  expect(POLICY).toMatch(/^default-src 'none'; frame-src 'self'; style-src 'sha256-[^']+';/);
});

test("needs nothing from anywhere", async () => {
  const { text } = await pageOf({ "select 1": SHOPS });
  expect(text).not.toMatch(/\b(src|href)=|url\(|@import|<script|<link|\son\w+=|style="/);
});

test("a mistake of ours is thrown in its turn, and ends no process before", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  const ask = (): Promise<QueryResult> => Promise.reject(new TypeError("no function"));
  const pieces = page({ kpis: [kpiOf()], answers: new Answers({ ask, keep: 0 }), place: "the lake" });
  await pieces.next();
  await new Promise((resolve) => setImmediate(resolve));
  await expect(pieces.next()).rejects.toThrow("no function");
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

describe("how old the lake is", () => {
  const askedAt = Date.UTC(2026, 0, 15, 8);
  const said = (rows: (string | null)[][]) => ageOf({ askedAt, result: resultOf({ seconds: "bigint" }, rows) }).text;

  test("is asked of the model's heartbeat", () => {
    expect(heartbeatQuestion()).toBe(`select date_diff('second', "beat_at", now()) as seconds from "heartbeat"`);
  });

  test("is loud when it is late, has never come, or cannot be told", () => {
    expect(said([["900"]])).toContain('<p class="age">The lake is 15 min old');
    expect(said([["901"]])).toContain('<p class="age bad">The lake is 15 min old. That is late');
    // Clocks differ.
    expect(said([["-1"]])).toContain("The lake is 0 s old");
    expect(said([])).toContain("No heartbeat has reached the lake yet.");
    expect(ageOf({ askedAt, failure: "<no>" }).text).toContain("cannot be told: &lt;no&gt;");
  });

  test("is said in one unit", () => {
    expect([0, 119, 120, 7_199, 7_200, 172_799, 172_800].map(duration)).toEqual([
      ...["0 s", "119 s", "2 min", "119 min", "2 h", "47 h", "2 days"],
    ]);
  });
});
