/** Reading requests: every member is checked for its type, and a member that nobody reads is refused. */
import { AwsError } from "../../core/service";
import { checked } from "./attribute";
import { invalidValue, notSupported, validation } from "./errors";
import { itemOf, type Attributes, type Item } from "./item";

export type Input = Readonly<Record<string, unknown>>;

export const isRecord = (value: unknown): value is Input =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Refuses what `known` does not name: the parameters from before expressions, for one, and what AWS adds later. */
export function onlyKnown(input: Input, operation: string, known: readonly string[]): void {
  for (const name in input) {
    if (input[name] !== undefined && input[name] !== null && !known.includes(name)) {
      throw notSupported(`${name} of ${operation}`);
    }
  }
}

export function recordIn(input: Input, name: string): Input {
  const value = input[name];
  if (!isRecord(value)) throw missing(name);
  return value;
}

export function listIn(input: Input, name: string, max: number, min = 1): readonly Input[] {
  const value = input[name];
  if (!Array.isArray(value)) throw missing(name);
  if (value.length < min || value.length > max) {
    throw validation(
      `1 validation error detected: Value at '${firstLower(name)}' failed to satisfy constraint: Member must have length ${value.length < min ? `greater than or equal to ${min}` : `less than or equal to ${max}`}`,
    );
  }
  return value.map((member: unknown) => {
    if (!isRecord(member)) throw new AwsError("SerializationException", `${name} holds something that is no structure`);
    return member;
  });
}

export function integerIn(input: Input, name: string, min: number, max = Infinity): number | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw validation(
    `1 validation error detected: Value '${String(value)}' at '${firstLower(name)}' failed to satisfy constraint: Member must have value ${typeof value === "number" && value > max ? `less than or equal to ${max}` : `greater than or equal to ${min}`}`,
  );
}

export function booleanIn(input: Input, name: string): boolean {
  const value = input[name] ?? false;
  if (typeof value === "boolean") return value;
  throw new AwsError("SerializationException", `${name} is no boolean`);
}

export function choiceIn<T extends string>(input: Input, name: string, choices: readonly T[]): T | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  const choice = choices.find((known) => known === value);
  if (choice !== undefined) return choice;
  throw validation(
    `1 validation error detected: Value '${String(value)}' at '${firstLower(name)}' failed to satisfy constraint: Member must satisfy enum value set: [${choices.join(", ")}]`,
  );
}

const firstLower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

const missing = (name: string): AwsError =>
  validation(
    `1 validation error detected: Value null at '${firstLower(name)}' failed to satisfy constraint: Member must not be null`,
  );

export function attributesIn(input: Input, name: string): Attributes {
  const entries = Object.entries(recordIn(input, name));
  if (entries.some(([attribute]) => attribute === "")) throw invalidValue("An attribute name must not be empty");
  return Object.fromEntries(entries.map(([attribute, value]) => [attribute, checked(value)]));
}

export const itemIn = (input: Input, name: string): Item => itemOf(attributesIn(input, name));
