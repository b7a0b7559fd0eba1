import { CannotRun } from "../command";

/** Without the semicolon at its end, which a file has and the API need not take; places stay what they are. */
export function statement(sql: string, empty: string): string {
  const text = sql.replace(/[\s;]+$/, "");
  if (text === "") throw new CannotRun(empty);
  return text;
}
