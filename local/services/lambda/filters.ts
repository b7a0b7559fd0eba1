/**
 * Which records of a stream a mapping hands over. Several mappings filter the same stream, and to read a record's JSON costs
 * more than all their patterns: so a record is read once, all filters are asked, and their answers are kept as bits.
 */
import { parseExact } from "../../../model/exactJson";
import type { StreamEvent } from "../../core/streams";
import { compilePattern, type Pattern } from "./patterns";
import { invalid } from "./settings";

/** By default; AWS raises it to 10 on request. */
const MAX_FILTERS = 5;
/** What a pattern may ask for: of Kinesis its own part of a record, of DynamoDB the record. */
const NAMES = {
  kinesis: ["partitionKey", "sequenceNumber", "data", "kinesisSchemaVersion", "approximateArrivalTimestamp"],
  dynamodb: ["eventID", "eventName", "eventVersion", "dynamodb", "userIdentity"],
} as const;
const BODY = { kinesis: "data", dynamodb: "dynamodb" } as const;

export type Filter = readonly Pattern[];

/** @throws `InvalidParameterValueException` */
export function compileFilter(patterns: readonly string[], kind: "kinesis" | "dynamodb"): Filter {
  if (patterns.length > MAX_FILTERS) {
    throw invalid(
      `A mapping may have ${MAX_FILTERS} filters unless AWS raises the quota; this one has ${patterns.length}.`,
    );
  }
  return patterns.map((text) => {
    const pattern = compilePattern(text);
    const known: readonly string[] = NAMES[kind];
    const unknown = pattern.names.find((name) => !known.includes(name));
    if (unknown !== undefined) {
      throw invalid(`The filter asks for "${unknown}"; a ${kind} record is filtered by ${known.join(", ")}.`);
    }
    if (pattern.values.includes(BODY[kind])) {
      throw invalid(`Invalid filter pattern definition. ${BODY[kind]} must be a pattern on JSON, not a value.`);
    }
    return pattern;
  });
}

/** A record as patterns see it, read as far as one of them asks. */
class Document {
  private readonly read: { plain?: unknown; exact?: unknown } = {};

  constructor(private readonly event: StreamEvent) {}

  matches({ matches, names, exact }: Pattern): boolean {
    if (this.event.kind === "dynamodb") return matches(this.event.record);
    const { kinesis } = this.event;
    if (!names.includes(BODY.kinesis)) return matches(kinesis);
    const data = this.data(exact ? "exact" : "plain", kinesis.data);
    // "Lambda drops the record" if the pattern is on its data and that is not JSON.
    return data !== undefined && matches({ ...kinesis, data });
  }

  private data(how: "plain" | "exact", base64: string): unknown {
    if (how in this.read) return this.read[how];
    let data: unknown;
    try {
      const text = Buffer.from(base64, "base64").toString("utf8");
      data = how === "exact" ? parseExact(text) : JSON.parse(text);
    } catch {
      data = undefined;
    }
    return (this.read[how] = data);
  }
}

/** Bits of a number: the lower half says which filters have been asked, the upper half which of them matched. */
const SLOTS = 16;
const BLOCK = 1024;

/** The filters of one stream. */
export class SharedFilters {
  private readonly slots: (Filter | undefined)[] = [];
  /** Answers by shard and block of offsets. */
  private readonly answers = new Map<string, Map<number, Uint32Array>>();

  /** @returns the number under which `passes` knows the filter. */
  add(filter: Filter): number {
    return this.slots.push(filter) - 1;
  }

  remove(slot: number): void {
    this.slots[slot] = undefined;
  }

  passes(slot: number, shardId: string, offset: number, oldest: number, event: StreamEvent): boolean {
    if (slot >= SLOTS) return this.ask(slot, new Document(event));
    const block = this.block(shardId, Math.floor(offset / BLOCK), Math.floor(oldest / BLOCK));
    const at = offset % BLOCK;
    let answers = block[at] ?? 0;
    if ((answers & (1 << slot)) === 0) {
      const document = new Document(event);
      for (let i = 0; i < Math.min(this.slots.length, SLOTS); i += 1) {
        if (this.slots[i] === undefined || (answers & (1 << i)) !== 0) continue;
        answers |= (1 << i) | (this.ask(i, document) ? 1 << (i + SLOTS) : 0);
      }
      block[at] = answers;
    }
    return (answers & (1 << (slot + SLOTS))) !== 0;
  }

  private ask(slot: number, document: Document): boolean {
    return this.slots[slot]?.some((pattern) => document.matches(pattern)) ?? false;
  }

  private block(shardId: string, number: number, oldest: number): Uint32Array {
    let blocks = this.answers.get(shardId);
    if (blocks === undefined) this.answers.set(shardId, (blocks = new Map()));
    let block = blocks.get(number);
    if (block === undefined) {
      // What the stream has forgotten, nobody asks about.
      for (const known of blocks.keys()) if (known < oldest) blocks.delete(known);
      blocks.set(number, (block = new Uint32Array(BLOCK)));
    }
    return block;
  }
}
