/** What became of a record that was put back: what functions/ingest.ts answers. */
import type { Fate } from "../../functions/ingest";

export type { Fate };

export const fates = ["applied", "stale", "parked", "failed", "control", "ignored"] as const satisfies readonly Fate[];

/** In words, for the heads of a table. */
export const WORDS: Readonly<Record<Fate, string>> = {
  applied: "applied",
  stale: "stale",
  parked: "parked again",
  failed: "failed",
  control: "kept as DDL",
  ignored: "not followed",
};
