/** What ends a task for good, and what may pass. */

/** Trying again would not help: the task stops, and a person has to look. */
export class FatalError extends Error {}

/** A failure of ours that a new attempt may not meet. */
export class PassingError extends Error {}

/** PostgreSQL: connection exceptions, shutdown, too many connections, slot still in use. */
const PASSING_STATES = /^(08|57P0|53300|55006)/;
/** Node: sockets, names, HTTP/2. */
const PASSING_CODES = /^(ECONN|EPIPE|ETIMEDOUT|EHOST|ENET|ENOTFOUND|EAI_|ERR_HTTP2|ERR_STREAM)/;
const PASSING_MESSAGES = /^(Connection terminated|timeout expired|timeout exceeded)/;
const THROTTLES = /Throttl|Throughput|LimitExceeded|Timeout/;

const text = (error: object, member: string): string => {
  const value: unknown = Reflect.get(error, member);
  return typeof value === "string" ? value : "";
};

/** Whether the surroundings failed, and not the task: then a new attempt may succeed. */
export function isRecoverable(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof FatalError) return false;
  if (error instanceof PassingError) return true;
  if (text(error, "severity") !== "") return PASSING_STATES.test(text(error, "code"));
  if (PASSING_CODES.test(text(error, "code"))) return true;
  // Of AWS.
  if (text(error, "$fault") === "server" || THROTTLES.test(error.name)) return true;
  return PASSING_MESSAGES.test(error.message);
}

/** What PostgreSQL refused, such as to read a table; not a failing connection. */
export const isRefusedBySource = (error: unknown): boolean =>
  error instanceof Error && text(error, "severity") !== "" && !isRecoverable(error);

export const messageOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const name = error.name === "Error" || error instanceof FatalError ? "" : `${error.name}: `;
  // A failed connection to several addresses has no message of its own.
  return name + (error.message || text(error, "code"));
};
