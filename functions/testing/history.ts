/**
 * Random histories of a table for the property tests: what happened at the source, and what DMS and Kinesis make of it:
 * an initial load beside the changes, a later reload, replays, one shard per key with sequence numbers that do not compare.
 */
import type { KinesisStreamRecord } from "aws-lambda";
import * as fc from "fast-check";
import type { TableLayout } from "../../model/layout";

export interface Row {
  readonly n: string | null;
  readonly note: string | null;
}

type Step =
  | { readonly do: "put"; readonly key: number; readonly n: number | null; readonly note: string | null }
  | { readonly do: "touch"; readonly key: number; readonly n: number | null }
  | { readonly do: "delete"; readonly key: number }
  | { readonly do: "move"; readonly key: number; readonly to: number };

/** One record on the stream. */
export interface Emitted {
  readonly shard: number;
  readonly sequence: string;
  readonly text: string;
}

/** As Lambda hands it over. */
export const recordOf = ({ sequence, text }: Pick<Emitted, "sequence" | "text">): KinesisStreamRecord => ({
  awsRegion: "eu-west-1",
  eventID: sequence,
  eventName: "aws:kinesis:record",
  eventSource: "aws:kinesis",
  eventSourceARN: "stream",
  eventVersion: "1.0",
  invokeIdentityArn: "role",
  kinesis: {
    approximateArrivalTimestamp: 0,
    data: Buffer.from(text).toString("base64"),
    kinesisSchemaVersion: "1.0",
    partitionKey: "k",
    sequenceNumber: sequence,
  },
});

/** Of the histories' table. */
export const layout: TableLayout = {
  source: "monolith",
  table: "things",
  key: ["id"],
  columns: {
    id: { form: "integer", lob: false, private: false },
    n: { form: "integer", lob: false, private: false },
    note: { form: "text", lob: true, private: false },
  },
};

export interface History {
  readonly shards: readonly (readonly Emitted[])[];
  /** What the source holds in the end. */
  readonly rows: ReadonlyMap<string, Row>;
}

export const KEYS = 4;

const key = fc.nat(KEYS - 1);
const small = fc.option(fc.integer({ min: 0, max: 99 }), { freq: 5 });
const note = fc.option(fc.string({ maxLength: 3, unit: "grapheme" }), { freq: 4 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("put" as const), key, n: small, note }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("touch" as const), key, n: small }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), key }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("move" as const), key, to: key }) },
);

export const plan = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 18 }),
  /** Changes from this step on are captured; the load reads a row somewhere after it. */
  cdcFrom: fc.nat(6),
  loadAt: fc.nat(10),
  reload: fc.boolean(),
  /** Ranges of the changes that DMS sends once more, each after all it had sent by then. */
  replays: fc.array(fc.record({ from: fc.nat(20), to: fc.nat(20) }), { maxLength: 2 }),
});

export type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never;

interface Message {
  readonly key: number;
  readonly operation: "load" | "insert" | "update" | "delete";
  readonly data: Record<string, unknown>;
  readonly position?: number;
  readonly oldKey?: number;
}

const columns = (id: number, row: Row): Record<string, unknown> => ({
  id,
  n: row.n === null ? null : Number(row.n),
  note: row.note,
});

/** Plays one step on the source; undefined if it does nothing. */
function play(rows: Map<number, Row>, step: Step, position: number): Message | undefined {
  const row = rows.get(step.key);
  if (step.do === "put") {
    const next: Row = { n: step.n === null ? null : String(step.n), note: step.note };
    // An update cannot tell a large object's null from an unchanged one, so the source here never sets one to null.
    if (row !== undefined && next.note === null) return undefined;
    rows.set(step.key, next);
    return {
      key: step.key,
      operation: row === undefined ? "insert" : "update",
      data: columns(step.key, next),
      position,
    };
  }
  if (row === undefined) return undefined;
  if (step.do === "touch") {
    const next: Row = { ...row, n: step.n === null ? null : String(step.n) };
    rows.set(step.key, next);
    return { key: step.key, operation: "update", data: { ...columns(step.key, next), note: null }, position };
  }
  if (step.do === "delete") {
    rows.delete(step.key);
    return { key: step.key, operation: "delete", data: { id: step.key, n: null, note: null }, position };
  }
  if (rows.has(step.to)) return undefined;
  rows.delete(step.key);
  rows.set(step.to, row);
  const data = { ...columns(step.to, row), note: null };
  return { key: step.to, operation: "update", data, position, oldKey: step.key };
}

const loads = (rows: ReadonlyMap<number, Row>): Message[] =>
  [...rows].map(([id, row]) => ({ key: id, operation: "load", data: columns(id, row) }));

const moment = (tick: number): string =>
  new Date(Date.UTC(2026, 0, 1) + tick * 1000).toISOString().replace(/\.\d+Z/, ".000000Z");

function json(message: Message, tick: number): string {
  const { position } = message;
  const details =
    position === undefined
      ? {}
      : {
          "transaction-id": position,
          "transaction-record-id": 1,
          "commit-timestamp": moment(position),
          "stream-position": `00000000/${position.toString(16).toUpperCase().padStart(8, "0")}.1.00000000/00000000`,
        };
  return JSON.stringify({
    ...(message.operation === "update"
      ? { "before-image": message.oldKey === undefined ? {} : { id: message.oldKey } }
      : {}),
    data: message.data,
    metadata: {
      timestamp: moment(tick),
      "record-type": "data",
      operation: message.operation,
      "schema-name": "public",
      "table-name": "things",
      ...details,
    },
  });
}

export function historyOf({ steps, cdcFrom, loadAt, reload, replays }: Plan): History {
  const rows = new Map<number, Row>();
  const changes: Message[] = [];
  let loaded: Message[] | undefined;
  const used = new Set<number>();
  steps.forEach((step, index) => {
    // A known limit (functions/move.ts): while the load overlaps the changes, a key that was in use is not moved onto.
    const overlaps = index >= cdcFrom && index <= cdcFrom + loadAt;
    const isLimit = step.do === "move" && overlaps && used.has(step.to);
    used.add(step.do === "move" ? step.to : step.key);
    const message = isLimit ? undefined : play(rows, step, index + 1);
    if (message !== undefined && index >= cdcFrom) changes.push(message);
    if (index === cdcFrom + loadAt) loaded = loads(rows);
  });
  const sent: Message[] = [...(loaded ?? loads(rows)), ...changes];
  for (const { from, to } of replays) sent.push(...changes.slice(Math.min(from, to)));
  if (reload) sent.push(...loads(rows));
  const shards: Emitted[][] = Array.from({ length: KEYS }, () => []);
  sent.forEach((message, tick) => {
    const shard = shards[message.key];
    // The lower the shard, the higher its sequence numbers: comparing across shards misleads, as it does in reality.
    const sequence = `${KEYS - message.key}${String(tick).padStart(54, "0")}`;
    shard?.push({ shard: message.key, sequence, text: json(message, 100 + tick) });
  });
  return { shards, rows: new Map([...rows].map(([id, row]) => [String(id), row])) };
}
