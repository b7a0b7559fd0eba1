/** Reads the members of a request, with the errors that Kinesis answers with. */
import { AwsError } from "../../core/service";

export type Input = Readonly<Record<string, unknown>>;

export const invalidArgument = (message: string): AwsError => new AwsError("InvalidArgumentException", message);

export const constraint = (member: string, rule: string): AwsError => {
  const name = member.slice(0, 1).toLowerCase() + member.slice(1);
  return new AwsError(
    "ValidationException",
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must ${rule}`,
  );
};

/** Refuses a request with members that the operation here does not understand, such as DryRun. */
export function only(input: Input, members: readonly string[]): void {
  for (const name in input) {
    if (!members.includes(name) && input[name] !== undefined && input[name] !== null) {
      throw invalidArgument(`local kinesis: the parameter ${name} is not supported.`);
    }
  }
}

export function optionalText(input: Input, member: string): string | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new AwsError("SerializationException", `${member} must be a string.`);
  return value;
}

export function requiredText(input: Input, member: string): string {
  const value = optionalText(input, member);
  if (value === undefined) throw constraint(member, "not be null");
  return value;
}

export function optionalNumber(input: Input, member: string): number | undefined {
  const value = input[member];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "number") throw new AwsError("SerializationException", `${member} must be a number.`);
  return value;
}

export function structure(value: unknown, member: string): Input {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new AwsError("SerializationException", `${member} must be a structure.`);
}

/** A count between 1 and `most`; `most` when it is not given, or `otherwise`. */
export function count(input: Input, member: string, most: number, otherwise = most): number {
  const value = optionalNumber(input, member) ?? otherwise;
  if (value < 1) throw constraint(member, "have value greater than or equal to 1");
  if (value > most) throw constraint(member, `have value less than or equal to ${most}`);
  return Math.floor(value);
}
