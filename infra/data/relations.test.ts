import { relationsRead } from "./relations";

test.each<[string, string, string]>([
  ["a list", "SELECT * FROM a, b AS x, c y JOIN d ON true, e WHERE f = 1", "a b c d e"],
  ["quoted, with a database and a catalog", `SELECT * FROM "Lake"."B", awsdatacatalog.lake.c, "d""e"`, `b c d"e`],
  ["every kind of join", "SELECT 1 FROM a NATURAL JOIN b CROSS JOIN c LEFT OUTER JOIN d USING (e, f), g", "a b c d g"],
  ["joins in parentheses", "SELECT 1 FROM (a JOIN (b CROSS JOIN c) ON a.x = b.x), d", "a b c d"],
  [
    "subqueries",
    "SELECT (SELECT max(x) FROM a) FROM (SELECT * FROM b, c) t, d WHERE x IN (SELECT y FROM e)",
    "a b c d e",
  ],
  ["a condition of a join", "SELECT 1 FROM a JOIN b ON a.x = b.x AND EXISTS (SELECT 1 FROM c, d), e", "a b c d e"],
  ["sets", "(SELECT * FROM a, b ORDER BY x, y) UNION ALL (TABLE c) EXCEPT SELECT p, q FROM d", "a b c d"],
  ["what follows FROM", "SELECT x, y FROM a GROUP BY x, y HAVING z ORDER BY x, y LIMIT 1", "a"],
  ["a named window", "SELECT 1 FROM a WINDOW w AS (ORDER BY x), v AS (PARTITION BY y, z)", "a"],
  ["a word of SQL in quotes", `SELECT "from", "join" FROM "table", "select", b`, "table select b"],
  ["comments and texts", "SELECT 'FROM x' /* FROM y, */ FROM -- z\n a, /* c */ b -- , d", "a b"],
  ["FROM in functions", "SELECT extract(year FROM x), trim(BOTH ' ' FROM y), substring(z FROM 2) FROM a", "a"],
  ["FROM in a comparison", "SELECT x IS DISTINCT FROM y, x IS NOT DISTINCT FROM z FROM a, b", "a b"],
  ["unnest", "SELECT * FROM a CROSS JOIN UNNEST(x, y) WITH ORDINALITY AS t (p, q, n), b", "a b"],
  ["unnest of a subquery", "SELECT * FROM UNNEST((SELECT array_agg(x) FROM a)) AS t (p), b", "a b"],
  ["lateral", "SELECT * FROM a, LATERAL (SELECT * FROM b WHERE b.x = a.x), c CROSS JOIN LATERAL (TABLE d)", "a b c d"],
  ["values", "SELECT * FROM (VALUES (x, 1), (y, 2)) AS t (p, q), a UNION ALL VALUES (z, w), (u, v)", "a"],
  ["table functions", "SELECT * FROM TABLE(exclude_columns(input => TABLE(a), columns => DESCRIPTOR(x))), b", "a b"],
  ["a sample", "SELECT * FROM a TABLESAMPLE BERNOULLI (10), b", "a b"],
  [
    "WITH, which shadows",
    "WITH a AS (SELECT * FROM b), c (x, y) AS (SELECT * FROM a, d) SELECT * FROM a, c, e",
    "b d e",
  ],
  ["WITH of the name it reads", "WITH a AS (SELECT * FROM a) SELECT * FROM a", "a"],
  ["WITH of a later name", "WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a, b", "b"],
  ["a name with a database", "WITH a AS (SELECT 1) SELECT * FROM a, lake.a", "a"],
  ["WITH in a subquery only", "SELECT * FROM (WITH a AS (SELECT 1) SELECT * FROM a, b), a", "b a"],
  ["WITH for a subquery", "WITH a AS (SELECT 1) SELECT * FROM (SELECT * FROM a, B) WHERE x = (SELECT y FROM A)", "b"],
  ["recursion", "WITH RECURSIVE a (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM a, b) SELECT * FROM a", "b"],
  ["a time zone", "SELECT cast(x AS timestamp WITH time zone) FROM a, b", "a b"],
  ["nothing", "SELECT 1", ""],
])("%s", (_what, sql, names) => {
  expect([...relationsRead(sql)].join(" ")).toBe(names);
});
