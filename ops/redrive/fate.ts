/** What became of a record that was put back: in the words of functions/ingest.ts. */
import type { Fate as Answered } from "../../functions/ingest";

/** What a function answers. */
export const answers = [
  "applied",
  "stale",
  "parked",
  "failed",
  "control",
  "ignored",
] as const satisfies readonly Answered[];

/** `expired`: not put back, because nothing tells any more whether its row has been deleted since. */
export type Fate = Answered | "expired";
export const fates: readonly Fate[] = [...answers, "expired"];

/** In words, for the heads of a table. */
export const WORDS: Readonly<Record<Fate, string>> = {
  applied: "applied",
  stale: "stale",
  parked: "parked again",
  failed: "failed",
  control: "kept as DDL",
  ignored: "not followed",
  expired: "too old",
};
