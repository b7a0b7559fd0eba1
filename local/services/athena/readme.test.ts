import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AGGREGATE_NAMES } from "./translate/aggregates";
import { SCALAR_FUNCTION_NAMES } from "./translate/functions";
import { LAMBDA_FUNCTION_NAMES } from "./translate/functions-lambdas";
import { WINDOW_FUNCTION_NAMES } from "./translate/windows";

test("the README names the functions there are", () => {
  const text = readFileSync(join(__dirname, "README.md"), "utf8");
  const section = /<!-- functions[^>]*-->([^]*)<!-- \/functions -->/.exec(text)?.[1] ?? "";
  const named = (title: string): string[] => {
    const list = new RegExp(`^${title}: ([^.;]*)[.;]`, "m").exec(section)?.[1] ?? "";
    return list.split(",").map((name) => name.trim());
  };
  expect(named("Scalar")).toEqual([...SCALAR_FUNCTION_NAMES].sort());
  expect(named("With lambdas")).toEqual([...LAMBDA_FUNCTION_NAMES].sort());
  expect(named("Aggregates")).toEqual([...AGGREGATE_NAMES].sort());
  expect(named("Windows")).toEqual([...WINDOW_FUNCTION_NAMES].sort());
});
