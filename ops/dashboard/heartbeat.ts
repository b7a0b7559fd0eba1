/** How old the lake is, by the row of the monolith that is set to the time once a minute. */
import { heartbeatOf, tables } from "../../model";
import type { Answer } from "./answers";
import { duration, moment } from "./card";
import { markup, type Html } from "./markup";

/** Undefined in a model without heartbeat. */
export function heartbeatQuestion(): string | undefined {
  const table = heartbeatOf(tables);
  return table === undefined
    ? undefined
    : `select date_diff('second', "${table.heartbeat}", now()) as seconds from "${table.name}"`;
}

/** Seconds. Ten minutes to Firehose are late (infra/data/heartbeat.ts), and Firehose's buffer is five. */
const LATE = 15 * 60;

export function ageOf(answer: Answer): Html {
  if ("failure" in answer) return markup`<p class="age bad">How old the lake is cannot be told: ${answer.failure}</p>`;
  const text = answer.result.rows[0]?.[0];
  if (text === undefined || text === null) return markup`<p class="age bad">No heartbeat has reached the lake yet.</p>`;
  const seconds = Math.max(0, Number(text));
  const at = markup`<span class="facts">by the heartbeat, at ${moment(answer.askedAt)}</span>`;
  const late = markup`. That is late: what was changed since is not shown.`;
  const isLate = seconds > LATE;
  return markup`<p class="age${isLate ? " bad" : ""}">The lake is ${duration(seconds)} old${isLate ? late : ""} ${at}</p>`;
}
