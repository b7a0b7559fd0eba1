/** Times as DMS prints them: ISO 8601, UTC, microseconds. */
import { performance } from "node:perf_hooks";

let second = -1;
let prefix = "";

/** Never before what it said last. */
export function now(): string {
  const millis = performance.timeOrigin + performance.now();
  const whole = Math.floor(millis / 1000);
  if (whole !== second) {
    second = whole;
    prefix = new Date(whole * 1000).toISOString().slice(0, 20);
  }
  return `${prefix}${String(Math.floor((millis - whole * 1000) * 1000)).padStart(6, "0")}Z`;
}

/** `2026-11-24 22:00:01.5+00` of PostgreSQL -> `2026-11-24T22:00:01.500000Z`. The session's time zone is UTC. */
export function commitTime(text: string): string {
  const fraction = text.slice(19).replace(/\+00$/, "").slice(1);
  return `${text.slice(0, 10)}T${text.slice(11, 19)}.${fraction.padEnd(6, "0")}Z`;
}
