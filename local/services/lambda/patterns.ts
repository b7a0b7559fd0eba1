/**
 * The language of filter patterns, as Lambda documents it for event source mappings.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html#filtering-syntax
 */
import { type ExactJson, isObject, numberText, parseExact } from "../../../model/exactJson";
import { invalid } from "./settings";

/** Asks a value of an event; undefined where the event has none. Numbers are JavaScript's, or `parseExact`'s. */
export type Test = (value: unknown) => boolean;

export interface Pattern {
  readonly matches: Test;
  /** Whether it compares numbers digit by digit: then the event must have been read by `parseExact`. */
  readonly exact: boolean;
  /** The names it asks for at the top, those inside `$or` too. */
  readonly names: readonly string[];
  /** Those among them that it takes for values and not for objects. */
  readonly values: readonly string[];
}

const PATTERN_LIMIT = 4096;

const digitsOf = (value: unknown): string | undefined =>
  typeof value === "number" ? String(value) : typeof value === "string" ? numberText(value) : undefined;

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && numberText(value) === undefined ? value : undefined;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const COMPARISONS: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
  "=": (value, limit) => value === limit,
  "<": (value, limit) => value < limit,
  "<=": (value, limit) => value <= limit,
  ">": (value, limit) => value > limit,
  ">=": (value, limit) => value >= limit,
};

class Compiler {
  exact = false;
  readonly names = new Set<string>();
  readonly values = new Set<string>();

  /** All names must match; of `$or`'s alternatives one. */
  object(pattern: ExactJson, path: string): Test {
    if (!isObject(pattern)) throw this.error(path, "expected an object or an array of rules");
    const tests = Object.entries(pattern).map(([name, rule]): Test => {
      if (name === "$or") return this.alternatives(rule, path);
      if (path === "") this.names.add(name);
      if (path === "" && Array.isArray(rule)) this.values.add(name);
      const at = path === "" ? name : `${path}.${name}`;
      const test = Array.isArray(rule) ? this.leaf(rule, at) : this.object(rule, at);
      return (value) => test(isMap(value) && Object.hasOwn(value, name) ? value[name] : undefined);
    });
    if (tests.length === 0) throw this.error(path, "an empty object matches nothing");
    const all: Test = (value) => tests.every((test) => test(value));
    return (value) => (Array.isArray(value) && value.length > 0 ? value.some(all) : all(value));
  }

  private alternatives(rule: ExactJson, path: string): Test {
    if (!Array.isArray(rule) || rule.length < 2) throw this.error(`${path}.$or`, "expected two or more patterns");
    const tests = rule.map((alternative) => this.object(alternative, path));
    return (value) => tests.some((test) => test(value));
  }

  private leaf(rules: ExactJson[], path: string): Test {
    if (rules.length === 0) throw this.error(path, "an empty array of rules matches nothing");
    const absence = rules.some((rule) => isObject(rule) && rule["exists"] === false);
    const tests = rules.map((rule) => this.rule(rule, path));
    // Only values match, not what holds other values; an array matches if one of its elements does.
    const match: Test = (value) => {
      if (Array.isArray(value) && value.length > 0) return value.some(match);
      if (value === undefined || (typeof value === "object" && value !== null)) return absence;
      return tests.some((test) => test(value));
    };
    return match;
  }

  private rule(rule: ExactJson, path: string): Test {
    if (!isObject(rule)) return this.equal(rule, path);
    const [[operator = "", operand = null] = [], ...others] = Object.entries(rule);
    if (others.length > 0) throw this.error(path, "a rule has one operator");
    switch (operator) {
      case "exists":
        if (typeof operand !== "boolean") throw this.error(path, "exists takes true or false");
        return () => operand;
      case "prefix":
        return this.text(operand, path, (value, part) => value.startsWith(part));
      case "suffix":
        return this.text(operand, path, (value, part) => value.endsWith(part));
      case "equals-ignore-case":
        return this.text(operand, path, (value, part) => value.toLowerCase() === part.toLowerCase());
      case "anything-but":
        return this.anythingBut(operand, path);
      case "numeric":
        return this.numeric(operand, path);
      default:
        throw this.error(path, `the operator "${operator}" is not supported`);
    }
  }

  private equal(wanted: ExactJson, path: string): Test {
    if (Array.isArray(wanted)) throw this.error(path, "a rule cannot be an array");
    const digits = numberText(wanted);
    if (digits === undefined) return (value) => value === wanted;
    // "300, 300.0, and 3.0e2 are not considered equal."
    this.exact = true;
    return (value) => digitsOf(value) === digits;
  }

  private text(operand: ExactJson, path: string, compare: (value: string, part: string) => boolean): Test {
    const part = textOf(operand);
    if (part === undefined) throw this.error(path, "prefix, suffix and equals-ignore-case take a string");
    return (value) => {
      const text = textOf(value);
      return text !== undefined && compare(text, part);
    };
  }

  private anythingBut(operand: ExactJson, path: string): Test {
    const listed = Array.isArray(operand) ? operand : [operand];
    if (listed.length === 0 || listed.some((value) => typeof value !== "string")) {
      throw this.error(path, "anything-but takes strings and numbers");
    }
    const tests = listed.map((value) => this.equal(value, path));
    return (value) => !tests.some((test) => test(value));
  }

  private numeric(operand: ExactJson, path: string): Test {
    const parts = Array.isArray(operand) ? operand : [];
    const tests: ((value: number) => boolean)[] = [];
    for (let i = 0; i < parts.length; i += 2) {
      const compare = COMPARISONS[textOf(parts[i]) ?? ""];
      const limit = numberText(parts[i + 1]);
      if (compare !== undefined && limit !== undefined) tests.push((value) => compare(value, Number(limit)));
    }
    if (tests.length === 0 || tests.length > 2 || tests.length * 2 !== parts.length) {
      throw this.error(path, 'numeric takes one or two comparisons such as [">", 10, "<=", 20]');
    }
    return (value) => {
      const digits = digitsOf(value);
      return digits !== undefined && tests.every((test) => test(Number(digits)));
    };
  }

  private error(path: string, reason: string): Error {
    return invalid(`Invalid filter pattern definition. ${path === "" ? "At the top" : `At ${path}`}: ${reason}.`);
  }
}

/** @throws `InvalidParameterValueException` where the pattern is wrong. */
export function compilePattern(text: string): Pattern {
  if (text.length > PATTERN_LIMIT)
    throw invalid(`A filter pattern has ${text.length} characters; ${PATTERN_LIMIT} are allowed.`);
  let json: ExactJson;
  try {
    json = parseExact(text);
  } catch {
    throw invalid(`Invalid filter pattern definition. It is not valid JSON: ${text}`);
  }
  const compiler = new Compiler();
  const matches = compiler.object(json, "");
  return { matches, exact: compiler.exact, names: [...compiler.names], values: [...compiler.values] };
}
