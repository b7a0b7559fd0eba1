/**
 * Request units: what a request consumes, told to the caller who asks and counted for each table.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
 */
import { validation } from "./errors";
import type { Item } from "./item";
import type { Key } from "./keys";
import type { Table } from "./table";

const units = (bytes: number, unit: number): number => Math.max(1, Math.ceil(bytes / unit));

/** A write counts the larger of the item before and after; where there is neither, one unit. */
export const writeUnits = (old: Item | undefined, next: Item | undefined): number =>
  units(Math.max(old?.bytes ?? 0, next?.bytes ?? 0), 1024);

/** A read of `bytes`. Eventually consistent reads cost half. */
export const readUnits = (bytes: number, isConsistent: boolean): number =>
  units(bytes, 4096) * (isConsistent ? 1 : 0.5);

/**
 * How tables that hold several kinds of items tell them apart: what stands before the first # of the partition key. Empty
 * where there is none.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-general-nosql-design.html
 */
const kindOf = ({ hash }: Key): string => hash.slice(0, Math.max(0, hash.indexOf("#")));

export interface ConsumedCapacity {
  readonly TableName: string;
  readonly CapacityUnits: number;
  readonly ReadCapacityUnits?: number;
  readonly WriteCapacityUnits?: number;
  readonly Table?: { readonly CapacityUnits: number };
}

type Detail = "TOTAL" | "INDEXES" | "NONE";

function detailOf(value: unknown): Detail {
  if (value === undefined || value === "NONE") return "NONE";
  if (value === "TOTAL" || value === "INDEXES") return value;
  throw validation(
    `1 validation error detected: Value '${String(value)}' at 'returnConsumedCapacity' failed to satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]`,
  );
}

/** What one request consumes. */
export class Consumption {
  private readonly detail: Detail;
  private readonly byTable = new Map<Table, { read: number; write: number }>();

  /** `factor`: 2 in a transaction, which prepares and then commits. */
  constructor(
    returnConsumedCapacity: unknown,
    private readonly factor: 1 | 2 = 1,
  ) {
    this.detail = detailOf(returnConsumedCapacity);
  }

  write(table: Table, key: Key, amount: number): void {
    const total = amount * this.factor;
    const kind = kindOf(key);
    table.writeUnits.set(kind, (table.writeUnits.get(kind) ?? 0) + total);
    if (this.detail !== "NONE") this.of(table).write += total;
  }

  read(table: Table, amount: number): void {
    const total = amount * this.factor;
    table.readUnits += total;
    if (this.detail !== "NONE") this.of(table).read += total;
  }

  private of(table: Table): { read: number; write: number } {
    let used = this.byTable.get(table);
    if (used === undefined) this.byTable.set(table, (used = { read: 0, write: 0 }));
    return used;
  }

  private told(): ConsumedCapacity[] {
    return [...this.byTable].map(([table, { read, write }]) => ({
      TableName: table.name,
      CapacityUnits: read + write,
      ...(this.factor === 2 ? (write > 0 ? { WriteCapacityUnits: write } : { ReadCapacityUnits: read }) : {}),
      ...(this.detail === "INDEXES" ? { Table: { CapacityUnits: read + write } } : {}),
    }));
  }

  /** For an operation on one table. */
  one(): { ConsumedCapacity?: ConsumedCapacity } {
    const [only] = this.told();
    return only === undefined ? {} : { ConsumedCapacity: only };
  }

  /** For an operation on several. */
  all(): { ConsumedCapacity?: ConsumedCapacity[] } {
    return this.detail === "NONE" ? {} : { ConsumedCapacity: this.told() };
  }
}
