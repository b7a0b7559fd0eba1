/** Preflight could not look; the message says what to change. */
export class CannotLook extends Error {}
