import type { Statement } from "../sql/ast";
import { QueryError } from "../sql/errors";
import { parseStatement as parse } from "../sql/statements";
import { billedBytes } from "./executions";

const MB = 1024 * 1024;
const query: Statement = parse("SELECT 1");
const done = { state: "SUCCEEDED", statement: query, bytes: 0 } as const;

test("a query is billed by whole megabytes, ten at least", () => {
  expect(billedBytes(done)).toBe(10 * MB);
  expect(billedBytes({ ...done, bytes: 10 * MB })).toBe(10 * MB);
  expect(billedBytes({ ...done, bytes: 10 * MB + 1 })).toBe(11 * MB);
});

test("nothing for DDL, for what failed, never ran, or was answered by an earlier result; something for what was stopped", () => {
  expect(billedBytes({ ...done, statement: parse("DROP VIEW v") })).toBe(0);
  expect(billedBytes({ ...done, statement: new QueryError("SYNTAX_ERROR", "no SQL") })).toBe(0);
  expect(billedBytes({ ...done, state: "FAILED", bytes: MB })).toBe(0);
  expect(billedBytes({ ...done, state: "CANCELLED" })).toBe(0);
  expect(billedBytes({ ...done, state: "CANCELLED", bytes: 12 * MB })).toBe(12 * MB);
  expect(billedBytes({ ...done, outcome: { columns: [], lines: [], bytes: 0, isReused: true } })).toBe(0);
});
