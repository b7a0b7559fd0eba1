/** Preflight could not look; the message says what to change. */
export class CannotLook extends Error {}

/** What an error says; a host with several addresses fails with several, of which the first speaks. */
export function messageOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return String(error);
  if ("errors" in error && Array.isArray(error.errors) && error.errors.length > 0) return messageOf(error.errors[0]);
  const message = "message" in error ? String(error.message) : "";
  return message || ("name" in error ? String(error.name) : "an error without a message");
}
