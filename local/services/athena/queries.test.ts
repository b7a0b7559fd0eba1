/** Queries and what Trino answers, worked out from https://trino.io/docs/current/sql/select.html and the pages beside it. */
import { Trino } from "./testing/trino";

const trino = new Trino();
afterAll(() => trino.close());

type Rows = readonly (readonly (string | null)[])[];

/** shop, person, hours */
const WORK =
  "(VALUES (1, 'ann', 5), (1, 'bob', 3), (2, 'ann', NULL), (2, 'cid', 8), (NULL, 'dot', 1)) AS work(shop, person, hours)";

const ANSWERS: Readonly<Record<string, Rows>> = {
  // NULL is last in either direction, unless told otherwise.
  "SELECT a FROM (VALUES 2, NULL, 1) AS t(a) ORDER BY a": [["1"], ["2"], [null]],
  "SELECT a FROM (VALUES 2, NULL, 1) AS t(a) ORDER BY a DESC": [["2"], ["1"], [null]],
  "SELECT a FROM (VALUES 2, NULL, 1) AS t(a) ORDER BY 1 DESC NULLS FIRST": [[null], ["2"], ["1"]],
  // An output column comes before a column of the tables, also inside an expression.
  "SELECT -a AS a FROM (VALUES 1, 3, 2) AS t(a) ORDER BY a": [["-3"], ["-2"], ["-1"]],
  "SELECT -a AS b FROM (VALUES 1, 3, 2) AS t(a) ORDER BY -b, a": [["-1"], ["-2"], ["-3"]],
  "SELECT a FROM (VALUES (1, 9), (2, 8)) AS t(a, b) ORDER BY b": [["2"], ["1"]],
  "SELECT a FROM (VALUES 1, 2, 3, 4) AS t(a) ORDER BY a OFFSET 1 LIMIT 2": [["2"], ["3"]],
  "SELECT DISTINCT a, a + 0 AS b FROM (VALUES 2, 1, 2) AS t(a) ORDER BY b DESC": [
    ["2", "2"],
    ["1", "1"],
  ],

  // Groups
  [`SELECT shop, count(*), count(hours), sum(hours) FROM ${WORK} GROUP BY shop ORDER BY shop`]: [
    ["1", "2", "2", "8"],
    ["2", "2", "1", "8"],
    [null, "1", "1", "1"],
  ],
  [`SELECT upper(person) AS who, max(hours) FROM ${WORK} GROUP BY 1 HAVING count(*) > 1`]: [["ANN", "5"]],
  [`SELECT upper(person) || '!' FROM ${WORK} GROUP BY upper(person) ORDER BY upper(person) LIMIT 1`]: [["ANN!"]],
  [`SELECT count(*), sum(hours), array_agg(hours), max_by(person, hours) FROM ${WORK} WHERE false`]: [
    ["0", null, null, null],
  ],
  [`SELECT shop, person, sum(hours), grouping(shop, person) FROM ${WORK} WHERE shop = 1 GROUP BY ROLLUP (shop, person) ORDER BY 4, person`]:
    [
      ["1", "ann", "5", "0"],
      ["1", "bob", "3", "0"],
      ["1", null, "8", "1"],
      [null, null, "8", "3"],
    ],
  [`SELECT shop, person, count(*) FROM ${WORK} WHERE shop = 2 GROUP BY GROUPING SETS ((shop), (person)) ORDER BY 1, 2`]:
    [
      ["2", null, "2"],
      [null, "ann", "1"],
      [null, "cid", "1"],
    ],
  [`SELECT shop, count(*) FROM ${WORK} WHERE shop = 2 GROUP BY CUBE (shop) ORDER BY 1`]: [
    ["2", "2"],
    [null, "2"],
  ],
  [`SELECT count(*) FILTER (WHERE hours > 3), count(DISTINCT shop), count_if(hours > 3), bool_and(hours > 0), bool_or(hours > 7) FROM ${WORK}`]:
    [["2", "2", "2", "true", "true"]],
  "SELECT avg(a), avg(b), sum(b) FROM (VALUES (1, 1.25), (2, 1.30), (4, 0.10)) AS t(a, b)": [
    ["2.3333333333333335", "0.88", "2.65"],
  ],
  "SELECT stddev(a), var_pop(a), approx_distinct(a) FROM (VALUES 2, 4, 4, 6) AS t(a)": [
    ["1.632993161855452", "2.0", "3"],
  ],
  "SELECT approx_percentile(a, 0.5), approx_percentile(a, 0.95), approx_percentile(a, 0.0) FROM (VALUES 1, 2, 3, 4) AS t(a)":
    [["3", "4", "1"]],
  "SELECT max_by(a, b), min_by(a, b), array_agg(a ORDER BY b DESC) FROM (VALUES ('x', 2), (NULL, 3), ('y', 1), ('z', NULL)) AS t(a, b)":
    [[null, "y", "[null, x, y, z]"]],
  "SELECT count(*) FROM (VALUES 1) AS t(a) WHERE false GROUP BY ()": [["0"]],
  "SELECT sum(a) FROM (VALUES 9223372036854775807, 0) AS t(a)": [["9223372036854775807"]],

  // Windows
  "SELECT a, b, row_number() OVER (PARTITION BY a ORDER BY b DESC), rank() OVER (ORDER BY a), dense_rank() OVER (ORDER BY a DESC) FROM (VALUES (1, 1), (1, 2), (2, 1)) AS t(a, b) ORDER BY a, b":
    [
      ["1", "1", "2", "1", "2"],
      ["1", "2", "1", "1", "2"],
      ["2", "1", "1", "3", "1"],
    ],
  "SELECT a, sum(a) OVER (ORDER BY a), sum(a) OVER (ORDER BY a ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), last_value(a) OVER (ORDER BY a) FROM (VALUES 1, 2, 2, 5) AS t(a) ORDER BY a":
    [
      ["1", "1", "1", "1"],
      ["2", "5", "3", "2"],
      ["2", "5", "4", "2"],
      ["5", "10", "7", "5"],
    ],
  "SELECT a, lag(a) IGNORE NULLS OVER (ORDER BY k), first_value(a) IGNORE NULLS OVER (ORDER BY k) FROM (VALUES (1, NULL), (2, 7), (3, NULL), (4, 9)) AS t(k, a) ORDER BY k":
    [
      [null, null, null],
      ["7", null, "7"],
      [null, "7", "7"],
      ["9", "7", "7"],
    ],
  "SELECT a, sum(sum(b)) OVER (ORDER BY a), count(*) FROM (VALUES (1, 2), (1, 3), (2, 4)) AS t(a, b) GROUP BY a ORDER BY a":
    [
      ["1", "5", "2"],
      ["2", "9", "1"],
    ],

  // Joins
  "SELECT * FROM (VALUES 1, 2) AS a(x) LEFT JOIN (VALUES 2, 3) AS b(y) ON x = y ORDER BY x": [
    ["1", null],
    ["2", "2"],
  ],
  "SELECT * FROM (VALUES 1, 2) AS a(x) RIGHT JOIN (VALUES 2, 3) AS b(y) ON x = y ORDER BY y": [
    ["2", "2"],
    [null, "3"],
  ],
  "SELECT * FROM (VALUES 1, NULL) AS a(x) FULL JOIN (VALUES NULL, 3) AS b(y) ON x = y ORDER BY x, y": [
    ["1", null],
    [null, "3"],
    [null, null],
    [null, null],
  ],
  "SELECT * FROM (VALUES (1, 'l')) AS a(k, v) FULL JOIN (VALUES (1, 'r'), (2, 'r')) AS b(k, v) USING (k) ORDER BY k": [
    ["1", "l", "r"],
    ["2", null, "r"],
  ],
  "SELECT a.*, b.y + 1 FROM (VALUES 1) AS a(x), (VALUES 2, 3) AS b(y) ORDER BY 2": [
    ["1", "3"],
    ["1", "4"],
  ],
  "SELECT k, x, n FROM (VALUES (1, ARRAY[5, 6]), (2, ARRAY[]), (3, NULL)) AS t(k, a) CROSS JOIN UNNEST(a) WITH ORDINALITY AS u(x, n) ORDER BY n":
    [
      ["1", "5", "1"],
      ["1", "6", "2"],
    ],
  "SELECT k, x FROM (VALUES (1, ARRAY[5]), (2, NULL)) AS t(k, a) LEFT JOIN UNNEST(a) AS u(x) ON TRUE ORDER BY k": [
    ["1", "5"],
    ["2", null],
  ],
  "SELECT * FROM UNNEST(ARRAY[1, 2], ARRAY['a']) AS t(n, s) ORDER BY n": [
    ["1", "a"],
    ["2", null],
  ],

  // Subqueries and sets
  "SELECT x FROM (VALUES 1, 2, 3) AS t(x) WHERE x NOT IN (SELECT y FROM (VALUES 2, NULL) AS u(y))": [],
  "SELECT x FROM (VALUES 1, 2) AS t(x) WHERE EXISTS (SELECT 1 FROM (VALUES 2) AS u(y) WHERE y = x)": [["2"]],
  "SELECT x, (SELECT max(y) FROM (VALUES 1, 2, 3) AS u(y) WHERE y < x) FROM (VALUES 1, 3) AS t(x) ORDER BY x": [
    ["1", null],
    ["3", "2"],
  ],
  "SELECT 1 UNION SELECT 1 UNION ALL SELECT 2.5 ORDER BY 1": [["1.0"], ["2.5"]],
  "SELECT a FROM (VALUES 1, 1, 2) AS t(a) EXCEPT SELECT 2": [["1"]],
  "SELECT a FROM (VALUES 1, NULL) AS t(a) INTERSECT SELECT NULL": [[null]],
  "(SELECT 2 UNION SELECT 3) EXCEPT (SELECT 3 INTERSECT SELECT 3)": [["2"]],
  'WITH a AS (SELECT 1 AS x), b(y) AS (SELECT x + 1 FROM a) SELECT A.X, "Y" FROM a CROSS JOIN b': [["1", "2"]],
  "WITH a AS (SELECT 1 AS x) SELECT * FROM (WITH a AS (SELECT 2 AS x) SELECT x FROM a) UNION ALL SELECT x FROM a ORDER BY 1":
    [["1"], ["2"]],
  "VALUES (1, 'a'), (NULL, 'bc')": [
    ["1", "a"],
    [null, "bc"],
  ],
};
test.each(Object.entries(ANSWERS))("%s", async (sql, expected) => {
  const { rows } = await trino.rows(sql);
  expect(rows).toEqual(expected);
});

test("a guard in WHERE keeps what comes after it from failing", async () => {
  const { rows } = await trino.rows(
    "SELECT count(*) FROM UNNEST(sequence(0, 9999)) AS t(x) WHERE x % 7 <> 0 AND 100 / (x % 7) > 20",
  );
  expect(rows).toEqual([["5715"]]);
});

test("columns without a name are called as Trino calls them", async () => {
  expect((await trino.rows("SELECT 1, 2 AS Two, upper('x') FROM (VALUES 1) AS t(a)")).names).toEqual([
    "_col0",
    "two",
    "_col2",
  ]);
});

test.each([
  ["SELECT x FROM (VALUES 1) AS t(a)", "COLUMN_NOT_FOUND: line 1:8: Column 'x' cannot be resolved"],
  ["SELECT t.x FROM (VALUES 1) AS t(a)", "COLUMN_NOT_FOUND: line 1:8: Column 't.x' cannot be resolved"],
  ["SELECT a FROM (VALUES 1) AS t(a), (VALUES 1) AS u(a)", "AMBIGUOUS_NAME: line 1:8: Column 'a' is ambiguous"],
  [
    "SELECT a,\n b FROM (VALUES (1, 2)) AS t(a, b) GROUP BY a",
    "EXPRESSION_NOT_AGGREGATE: line 2:2: 't.b' must be an aggregate expression or appear in GROUP BY clause",
  ],
  ["SELECT 1 FROM (VALUES 1) AS t(a) WHERE sum(a) > 1", "EXPRESSION_NOT_SCALAR: line 1:40"],
  ["SELECT sum(max(a)) FROM (VALUES 1) AS t(a)", "NESTED_AGGREGATION: line 1:12"],
  ["SELECT row_number() FROM (VALUES 1) AS t(a)", "MISSING_OVER: line 1:8"],
  [
    "SELECT a FROM (VALUES 1) AS t(a) WHERE a",
    "TYPE_MISMATCH: line 1:40: WHERE clause must evaluate to a boolean: actual type integer",
  ],
  [
    "SELECT 1 UNION SELECT 'a'",
    "TYPE_MISMATCH: line 1:10: column 1 in UNION query has incompatible types: integer, varchar(1)",
  ],
  ["SELECT 1 UNION SELECT 1, 2", "TYPE_MISMATCH: line 1:10: UNION query has different number of fields: 1, 2"],
  ["SELECT 1 ORDER BY 2", "INVALID_COLUMN_REFERENCE: line 1:19: ORDER BY position 2 is not in select list"],
  ["SELECT DISTINCT a FROM (VALUES (1, 2)) AS t(a, b) ORDER BY b", "EXPRESSION_NOT_IN_DISTINCT: line 1:60"],
  ["SELECT * FROM (VALUES 1) AS t(a, b)", "MISMATCHED_COLUMN_ALIASES: line 1:15"],
  ["SELECT 1 FROM other.t", "SCHEMA_NOT_FOUND: line 1:15: Schema 'other' does not exist"],
  ["SELECT 1 FROM nobody.lake.t", "CATALOG_NOT_FOUND: line 1:15: Catalog 'nobody' does not exist"],
  ["SELECT 1 FORM t", "SYNTAX_ERROR: line 1:15: mismatched input 't'"],
  ["SELECT `a` FROM t", "SYNTAX_ERROR: line 1:8: backquoted identifiers are not supported"],
  ["SELECT a::int FROM t", "SYNTAX_ERROR: line 1:9: mismatched input ':'"],
  ["SELECT 1; SELECT 2", "SYNTAX_ERROR: line 1:11: mismatched input 'SELECT'"],
  ["SELECT 'a", "SYNTAX_ERROR: line 1:8: a quote or comment that begins here is not closed"],
  [
    "SELECT\n 1 FROM t TABLESAMPLE BERNOULLI (10)",
    "NOT_SUPPORTED: line 2:11: local athena: TABLESAMPLE is not supported",
  ],
  [
    "SELECT 1 FROM information_schema.tables",
    "NOT_SUPPORTED: line 1:15: local athena: information_schema is not supported",
  ],
  ["SELECT current_user", "NOT_SUPPORTED: line 1:8: local athena: CURRENT_USER is not supported"],
  ["INSERT INTO t SELECT 1", "NOT_SUPPORTED: line 1:1: local athena: INSERT is not supported"],
  [
    "SELECT sum(a) OVER w FROM (VALUES 1) AS t(a) WINDOW w AS ()",
    "NOT_SUPPORTED: line 1:20: local athena: a named window is not supported",
  ],
  [
    "SELECT (SELECT x) FROM (VALUES 1) AS t(x)",
    "NOT_SUPPORTED: line 1:16: local athena: the outer query's column x outside of WHERE in a subquery is not supported",
  ],
])("%s fails", async (sql, message) => {
  await expect(trino.rows(sql)).rejects.toThrow(message);
});
