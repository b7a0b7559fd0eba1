import type { Finding } from "./finding";
import { renderJson, renderText, type Report } from "./report";
import { rows } from "./testing/build";

const report = (findings: readonly Finding[], more: Partial<Report> = {}): Report => ({
  host: "db.example",
  port: 5432,
  database: "monolith",
  user: "dms",
  serverVersion: "16.4",
  engineVersion: "3.6.1",
  tlsVerified: true,
  tables: ["public.shops", "public.users", "public.shifts"],
  measured: [],
  findings,
  ...more,
});

const finding = (level: Finding["level"], check: Finding["check"], table?: string): Finding => ({
  check,
  level,
  ...(table === undefined ? {} : { table }),
  what: "Something.",
  fix: "Do it.",
});

test("nothing found is said", () => {
  expect(renderText(report([]))).toBe(
    [
      "PostgreSQL 16.4, monolith at db.example:5432 as dms; DMS 3.6.1.",
      "",
      "Nothing found in any of the 3 tables.",
      "Nothing found: 3 tables and the database are as the replication needs them.",
    ].join("\n"),
  );
});

test("by table, errors first, the clean tables and the counts at the end", () => {
  const findings = [
    finding("note", "worker-processes"),
    finding("warning", "truncate", "public.shops"),
    finding("note", "generated", "public.users"),
    { ...finding("error", "unlogged", "public.users"), sql: "ALTER 1;\nALTER 2;" },
  ];
  expect(renderText(report(findings, { tlsVerified: false }))).toBe(
    [
      "PostgreSQL 16.4, monolith at db.example:5432 as dms (server not verified: --ca); DMS 3.6.1.",
      "",
      "Table public.users",
      "  error unlogged",
      "    Something.",
      "    Fix: Do it.",
      "        ALTER 1;",
      "        ALTER 2;",
      "  note generated",
      "    Something.",
      "    Fix: Do it.",
      "",
      "Table public.shops",
      "  warning truncate",
      "    Something.",
      "    Fix: Do it.",
      "",
      "The database",
      "  note worker-processes",
      "    Something.",
      "    Fix: Do it.",
      "",
      "Nothing found in public.shifts.",
      "3 tables of the model looked at: 1 error, 1 warning, 2 notes. docs/preflight.md says more of each.",
    ].join("\n"),
  );
});

test("lines are of a length that can be read", () => {
  const text = renderText(report([{ ...finding("error", "unlogged"), what: "word ".repeat(60).trim() }]));
  expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThanOrEqual(110);
  expect(text.match(/word/g)).toHaveLength(60);
});

test("what was looked at in part, or not at all", () => {
  const measured = [
    rows({ percent: 10 }),
    rows({ name: "zones", percent: 0, failure: "locked" }),
    rows({ name: "all" }),
  ];
  const text = renderText(report([], { measured }));
  expect(text).toContain("Values looked at in a sample only: public.visits.");
  expect(text).toContain("Values not looked at: public.zones.");
});

test("for machines", () => {
  const findings = [finding("note", "worker-processes"), finding("error", "unlogged", "public.users")];
  const read: unknown = JSON.parse(renderJson(report(findings, { measured: [rows({ percent: 10 })] })));
  expect(read).toMatchObject({
    database: "monolith",
    engineVersion: "3.6.1",
    values: [{ table: "public.visits", percent: 10 }],
    counts: { error: 1, warning: 0, note: 1 },
    findings: [
      { check: "unlogged", table: "public.users", fix: "Do it." },
      { check: "worker-processes", level: "note" },
    ],
  });
});
