import type { AthenaClient } from "@aws-sdk/client-athena";
import { runQuery } from "../athena";
import { markPlace } from "./place";
import { renderCsv, renderJson, renderSummary } from "./render";

describe("the place of a mistake", () => {
  const sql = "select\n\tid, shop\nfrom shifts";

  test("is marked in its line, below a tab by a tab", () => {
    expect(markPlace("COLUMN_NOT_FOUND: line 2:6: no shop", sql, "queries/kpis/x.sql")).toBe(
      "COLUMN_NOT_FOUND: line 2:6: no shop\nqueries/kpis/x.sql:2:6\n2 | \tid, shop\n    \t    ^",
    );
  });

  test("that the engine does not tell, or that is not in the query, is not made up", () => {
    expect(markPlace("DIVISION_BY_ZERO: Division by zero", sql)).toBe("DIVISION_BY_ZERO: Division by zero");
    expect(markPlace("line 9:1: of a view", sql, "x.sql")).toBe("x.sql: line 9:1: of a view");
  });
});

const result = {
  columns: [
    { name: "n", type: "bigint" },
    { name: "wage", type: "decimal(30,10)" },
    { name: "open", type: "boolean" },
    { name: "note", type: "varchar" },
  ],
  rows: [
    ["9007199254740993", "1.50", "true", 'a "b",\nc'],
    ["7", null, "false", ""],
  ],
  bytesScanned: 1_572_864,
  milliseconds: 840,
};

test("CSV keeps commas, quotes and lines, and tells NULL from the empty text", () => {
  expect(renderCsv(result)).toBe('n,wage,open,note\n9007199254740993,1.50,true,"a ""b"",\nc"\n7,,false,""');
});

test("JSON has numbers where they are exact, and text where they would not be", () => {
  const parsed = JSON.parse(renderJson(result));
  expect(parsed.rows).toEqual([
    { n: "9007199254740993", wage: "1.50", open: true, note: 'a "b",\nc' },
    { n: 7, wage: null, open: false, note: "" },
  ]);
  expect(parsed).toMatchObject({ bytesScanned: 1_572_864, milliseconds: 840 });
});

test("columns of one name do not hide each other", () => {
  const columns = [1, 2].map(() => ({ name: "n", type: "integer" }));
  expect(JSON.parse(renderJson({ ...result, columns, rows: [["1", "2"]] })).rows).toEqual([[1, 2]]);
});

test("what it took", () => {
  expect(renderSummary(result)).toBe("2 rows, 0.84 s, 1.5 MB scanned");
  expect(renderSummary({ ...result, rows: [[]], bytesScanned: 0 })).toBe("1 row, 0.84 s, 0 B scanned");
});

test("a query that is interrupted is cancelled on the server, too", async () => {
  const asked: string[] = [];
  const abort = new AbortController();
  const send = async ({ constructor }: object): Promise<object> => {
    asked.push(constructor.name);
    if (constructor.name === "GetQueryExecutionCommand") setImmediate(() => abort.abort());
    return { QueryExecutionId: "1", QueryExecution: { Status: { State: "RUNNING" } } };
  };
  const client = { send } as unknown as AthenaClient;
  const running = runQuery("select 1", { client, workgroup: "w", database: "d", signal: abort.signal });
  await expect(running).rejects.toThrow("aborted");
  expect(asked).toEqual(["StartQueryExecutionCommand", "GetQueryExecutionCommand", "StopQueryExecutionCommand"]);
});
