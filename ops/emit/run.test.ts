import { lakeTables, tableId } from "../../model";
import { runAgainst } from "../testing/fakeDms";
import { emit } from "./run";

test.each([
  ["no table", [], "Name the tables, or say --all."],
  ["tables and all of them", ["--all", "shops"], "Name the tables, or say --all."],
  ["a table that the lake does not have", ["shops", "shop"], "The lake has no table shop; it has shops, users,"],
  ["a time without its zone", ["--since", "2026-11-24T06:00", "shops"], "no time with its zone"],
  ["a day", ["--since", "2026-11-24", "shops"], "no time with its zone"],
  ["a time to come", ["--since", "2999-01-01T00:00Z", "shops"], "is still to come"],
  ["a mark to come", ["--mark", "2999-01-01T00:00:00.000Z", "shops"], "is no mark of a run"],
  ["another text as mark", ["--mark", "2026-01-01", "shops"], "is no mark of a run"],
  ["no rate", ["--rate", "0", "shops"], "is no number of rows a second from 1 to 4000"],
  ["a rate beyond raw's", ["--rate", "4001", "shops"], "is no number of rows a second"],
])("%s is told, and nothing is asked of raw", async (_, argv, message) => {
  const { code, notes, asked } = await runAgainst({}, emit, ...argv);
  expect(notes).toContain(message);
  expect({ code, asked }).toEqual({ code: 2, asked: [] });
});

test("asks raw for the tables by their ids, and for what it accepted a quarter of an hour before the time", async () => {
  const scans: Record<string, unknown>[] = [];
  const Scan = (input: Record<string, unknown>) => {
    scans.push(input);
    return { Items: [] };
  };
  const argv = ["--since", "2026-01-02T03:15:30+01:00", "users", "monolith.shops"];
  const { code, out, notes } = await runAgainst({ Scan }, emit, ...argv);
  expect(scans.map(({ Segment }) => Segment).sort()).toEqual([0, 1, 2, 3]);
  const [table, time] = [
    { ":t0": { S: "monolith.users" }, ":t1": { S: "monolith.shops" } },
    Date.UTC(2026, 0, 2, 2, 0, 30),
  ];
  expect(scans[0]).toMatchObject({
    ...{ TableName: "raw", TotalSegments: 4 },
    ExpressionAttributeValues: { ...table, ":since": { N: String(time / 1000) } },
  });
  expect(notes).toMatch(
    /^Rows that raw has accepted since 2026-01-02T02:00:30.000Z of monolith.users, monolith.shops. The/,
  );
  expect(out).toContain("0 emitted, 0 passed over.");
  expect(code).toBe(0);
});

test("all tables are those of the lake, and a row that cannot be marked is told and ends it with 1", async () => {
  const row = { _key: { S: "monolith.shops#1" }, _table: { S: "monolith.shops" } };
  const values: unknown[] = [];
  const answers = {
    Scan: ({ Segment, ExpressionAttributeValues }: Record<string, unknown>) => {
      values.push(ExpressionAttributeValues);
      return { Items: Segment === 0 ? [row] : [] };
    },
    UpdateItem: () => ({ __type: "ValidationException", message: "Item size to update has exceeded the maximum" }),
  };
  const { code, out, notes } = await runAgainst(answers, emit, "--all", "--json");
  expect(Object.keys(Object(values[0]))).toHaveLength(lakeTables.length);
  const result = JSON.parse(out);
  expect(result).toMatchObject({ rows: 1, emitted: 0, passed: 0, refused: 1 });
  expect(result.tables.map(({ table }: { table: string }) => table)).toEqual(lakeTables.map(tableId));
  expect(notes).toContain(`The mark of this run: ${result.mark}`);
  expect(notes).toContain("emit: monolith.shops#1 cannot be marked: Item size");
  expect(code).toBe(1);
});

test("what it may not do is told, and how to go on", async () => {
  const { code, notes } = await runAgainst({}, emit, "shops");
  expect(notes).toMatch(/0 emitted, 0 passed over\. To go on, the same command with --mark \d{4}-/);
  expect(notes).toMatch(/test: AccessDenied/);
  expect(code).toBe(2);
});
