/**
 * Which tables and views a statement of Athena's SQL reads: the names in its FROM and JOIN lists, however deep, but for those
 * that a WITH of its own gives. Not a parser: it knows as much of the grammar as tells such a name from everything else.
 * https://trino.io/docs/current/sql/select.html
 */

/** A word in lower case; a quoted name is never a keyword. Strings and numbers are `other`. */
interface Token {
  readonly kind: "word" | "name" | "symbol" | "other";
  readonly text: string;
}

const TOKEN =
  /--[^\n]*|\/\*[\s\S]*?\*\/|(?<string>'(?:[^']|'')*')|"(?<name>(?:[^"]|"")*)"|(?<word>[\p{L}_][\p{L}\p{N}_]*)|(?<number>\d[\w.]*)|(?<symbol>\S)/gu;

function tokensOf(sql: string): Token[] {
  return [...sql.matchAll(TOKEN)].flatMap(({ groups = {} }): Token[] => {
    const { string, name, word, number, symbol } = groups;
    if (word !== undefined) return [{ kind: "word", text: word.toLowerCase() }];
    if (name !== undefined) return [{ kind: "name", text: name.replaceAll('""', '"').toLowerCase() }];
    if (symbol !== undefined) return [{ kind: "symbol", text: symbol }];
    return string === undefined && number === undefined ? [] : [{ kind: "other", text: "" }];
  });
}

/** With one of these a query begins, in parentheses too. */
const QUERY = new Set(["select", "with", "values", "table"]);
/** With one of these a FROM list ends; behind the others that may follow one there are no commas. */
const AFTER_FROM = new Set(["select", "values", "group", "order", "window"]);

/** In lower case; of a name with a database before it the last part. */
export function relationsRead(sql: string): Set<string> {
  const tokens = tokensOf(sql);
  const read = new Set<string>();
  let at = 0;

  const word = (ahead = 0): string | undefined => {
    const token = tokens[at + ahead];
    return token?.kind === "word" ? token.text : undefined;
  };
  const symbol = (text: string, ahead = 0): boolean => {
    const token = tokens[at + ahead];
    return token?.kind === "symbol" && token.text === text;
  };
  const isName = (): boolean => ["word", "name"].includes(tokens[at]?.kind ?? "");

  /** `WITH [RECURSIVE] a [(x, y)] AS (...), b AS (...)`: each sees those before it. */
  const withList = (outer: ReadonlySet<string>): ReadonlySet<string> => {
    const known = new Set(outer);
    at++;
    const recursive = word() === "recursive";
    if (recursive) at++;
    for (;;) {
      const name = tokens[at++]?.text ?? "";
      if (recursive) known.add(name);
      if (symbol("(")) inParentheses(known, false);
      if (word() === "as") at++;
      if (symbol("(")) inParentheses(known, false);
      known.add(name);
      if (!symbol(",")) return known;
      at++;
    }
  };

  /** What stands in a FROM list: a name, a function's call, or more in parentheses. */
  const relation = (known: ReadonlySet<string>): void => {
    if (symbol("(")) return inParentheses(known, true);
    if (!isName()) return;
    let name = tokens[at++]?.text ?? "";
    let qualified = false;
    while (symbol(".")) {
      qualified = true;
      name = tokens[at + 1]?.text ?? "";
      at += 2;
    }
    // A function's: `unnest(...)`, `table(...)`.
    if (symbol("(")) return inParentheses(known, name === "table");
    if (qualified || !known.has(name)) read.add(name);
  };

  /** From "(" to its ")". Of a list of relations, a query, or anything else: arguments, columns, a condition. */
  const inParentheses = (known: ReadonlySet<string>, ofRelations: boolean): void => {
    at++;
    if (QUERY.has(word() ?? "")) query(known);
    else body(known, ofRelations ? "relations" : "expression");
    at++;
  };

  const query = (outer: ReadonlySet<string>): void => {
    body(word() === "with" ? withList(outer) : outer, "query");
  };

  /** Until the ")" that is not its own, or the end. */
  const body = (known: ReadonlySet<string>, kind: "query" | "relations" | "expression"): void => {
    let inFrom = kind === "relations";
    if (inFrom) relation(known);
    while (at < tokens.length && !symbol(")")) {
      const [here, before] = [word(), word(-1)];
      // `extract(year FROM x)` stands in parentheses of its own, `x IS DISTINCT FROM y` does not.
      const begins = here === "join" || (here === "from" && before !== "distinct") || (inFrom && symbol(","));
      if (kind !== "expression" && begins) {
        inFrom = true;
        at++;
        if (word() === "lateral") at++;
        relation(known);
      } else if (here === "table" && !symbol("(", 1)) {
        at++;
        relation(known);
      } else if (symbol("(")) {
        inParentheses(known, before === "table");
      } else {
        if (here !== undefined && AFTER_FROM.has(here)) inFrom = false;
        at++;
      }
    }
  };

  while (at < tokens.length) {
    query(new Set());
    at++;
  }
  return read;
}
