/**
 * Builds the messages on the stream. AWS DMS guide, "Using Amazon Kinesis Data Streams as a target"; names and order of the
 * members as captured. A table's fixed parts are laid out once, so that a row costs little more than its values.
 */
import type { TaskSettings } from "../settings";
import type { KinesisTarget, Mapping, PartitionKeyType, PostgresSettings } from "../spec";
import { isLob, isRemoved, unknownColumn, type Column, type SourceTable } from "./catalog";
import { now } from "./clock";
import type { Shape, Tuple, Value } from "./decoding";
import { encoder, pretty, quote, type Encode } from "./json";

/** A message on its way to the stream. */
export interface Message {
  readonly partitionKey: string;
  readonly text: string;
}

/** Where a change stands in the log. */
export interface Place {
  readonly transactionId: string;
  /** `XXXXXXXX/XXXXXXXX`: end of the commit. */
  readonly position: string;
  /** ISO 8601, microseconds. */
  readonly committedAt: string;
  /** Number of the log's message in the transaction; its begin is the first. */
  readonly counter: number;
  /** Number of the change in the transaction, among those of the task's tables. */
  readonly recordId: number;
}

export interface MessageOptions {
  readonly resourceId: string;
  readonly target: KinesisTarget;
  readonly settings: TaskSettings;
  readonly mapping: Mapping;
  readonly source: PostgresSettings;
  readonly onTruncated: (table: SourceTable, column: string) => void;
}

interface Field {
  /** Of the value in the tuple; -1 if the log left the column out. */
  readonly index: number;
  readonly name: string;
  /** `"name":` */
  readonly label: string;
  readonly encode: Encode;
  readonly isKey: boolean;
  readonly isLob: boolean;
}

interface Layout {
  /** By name. */
  readonly fields: readonly Field[];
  /** The key's columns, in the key's order. */
  readonly key: readonly Field[];
}

const byName = (left: { name: string }, right: { name: string }): number =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0;

const KIB = 1024;

/** The two parts of the metadata around what a message says of its transaction. */
interface Heads {
  readonly begin: string;
  readonly partition: string;
  readonly table: string;
}

/** Messages about the rows of one table, of one definition. */
export class TableMessages {
  private readonly columns: ReadonlyMap<string, Column>;
  private readonly layouts = new Map<Shape, Layout>();
  private readonly loadLayout: Layout;
  private readonly loadType: PartitionKeyType;
  private readonly changeType: PartitionKeyType;
  private readonly heads: Record<"load" | "insert" | "update" | "delete", Heads>;
  private readonly keyPrefix: string;
  private readonly schemaTable: string;

  constructor(
    readonly table: SourceTable,
    private readonly options: MessageOptions,
  ) {
    const { target, mapping, settings } = options;
    this.columns = new Map(table.columns.map((column) => [column.name, column]));
    this.schemaTable = `${table.schema}.${table.name}`;
    this.keyPrefix = target.partitionIncludeSchemaTable ? `${this.schemaTable}.` : "";
    const explicit = mapping.objects.find(({ schema, table: name }) => schema === table.schema && name === table.name);
    // A row without primary key has nothing else to be spread by.
    const type = (wanted: PartitionKeyType): PartitionKeyType =>
      table.key.length === 0 ? "schema-table" : (explicit?.partitionKeyType ?? wanted);
    this.loadType = type("primary-key");
    this.changeType = type(settings.TargetMetadata.ParallelApplyThreads > 0 ? "primary-key" : "schema-table");
    this.loadLayout = this.layoutOf(
      table.columns.map(({ name, pgType }) => ({ name, pgType })),
      "load",
    );
    const heads = (operation: string, keyType: PartitionKeyType): Heads => ({
      begin: `"operation":"${operation}","partition-key-type":"${keyType}",`,
      partition: target.includePartitionValue && keyType !== "schema-table" ? `"partition-key-value":` : "",
      table: `"table-name":${quote(table.name)},"timestamp":"`,
    });
    this.heads = {
      load: heads("load", this.loadType),
      insert: heads("insert", this.changeType),
      update: heads("update", this.changeType),
      delete: heads("delete", this.changeType),
    };
  }

  /** Columns of the load, in the order in which `load` wants their values. */
  get loadColumns(): readonly string[] {
    return this.table.columns.map(({ name }) => name);
  }

  load(values: readonly (string | null)[]): Message {
    const partitionKey = this.partitionKey(this.loadType, this.loadLayout, values);
    const { begin, partition, table } = this.heads.load;
    const value = partition === "" ? "" : `${partition}${quote(partitionKey)},`;
    const text =
      `{"data":{${this.data(this.loadLayout, values)}},"metadata":{${begin}${value}` +
      `"record-type":"data","schema-name":${quote(this.table.schema)},${table}${now()}"}}`;
    return { partitionKey, text: this.finished(text) };
  }

  insert(row: Tuple, place: Place, previous: Place | undefined): Message {
    return this.change("insert", this.changeLayout(row.shape), row.values, "", place, previous);
  }

  update(row: Tuple, old: Tuple | undefined, place: Place, previous: Place | undefined): Message {
    const layout = this.changeLayout(row.shape);
    // With the whole old row in the log nothing is unknown.
    const values =
      old !== undefined && this.table.identityFull
        ? row.values.map((value, index) => value ?? (value === null ? null : valueOf(old, row.shape, index)))
        : row.values;
    return this.change("update", layout, values, this.beforeImage(old), place, previous);
  }

  /** Of a deleted row the log holds the key, or with REPLICA IDENTITY FULL all of it. */
  delete(old: Tuple, place: Place, previous: Place | undefined): Message {
    const values = this.table.columns.map(({ name, pgType }) => {
      const index = old.shape.columns.findIndex((column) => column.name === name && column.pgType === pgType);
      return index < 0 ? null : old.values[index];
    });
    const layout = this.changeLayout(this.wholeShape);
    return this.change("delete", layout, values, "", place, previous);
  }

  private readonly wholeShape: Shape = { columns: [], prefixes: [] };

  private change(
    operation: "insert" | "update" | "delete",
    layout: Layout,
    values: readonly Value[],
    image: string,
    place: Place,
    previous: Place | undefined,
  ): Message {
    const partitionKey = this.partitionKey(this.changeType, layout, values);
    const { begin, partition, table } = this.heads[operation];
    const value = partition === "" ? "" : `${partition}${quote(partitionKey)},`;
    const details = this.options.target.includeTransactionDetails;
    let metadata = details ? `"commit-timestamp":"${place.committedAt}",${begin}${value}` : begin + value;
    if (details && previous !== undefined) {
      metadata +=
        `"prev-transaction-id":${previous.transactionId},` + `"prev-transaction-record-id":${previous.recordId},`;
    }
    metadata += `"record-type":"data","schema-name":${quote(this.table.schema)},`;
    if (details) metadata += `"stream-position":"${place.position}.${place.counter}.${place.position}",`;
    metadata += `${table}${now()}","transaction-id":${place.transactionId}`;
    if (details) metadata += `,"transaction-record-id":${place.recordId}`;
    return {
      partitionKey,
      text: this.finished(`{${image}"data":{${this.data(layout, values)}},"metadata":{${metadata}}}`),
    };
  }

  private finished(line: string): string {
    return this.options.target.messageFormat === "json" ? pretty(line) : `${line}\n`;
  }

  private data({ fields }: Layout, values: readonly Value[]): string {
    const all = this.options.target.includeNullAndEmpty;
    let out = "";
    for (const { index, label, encode } of fields) {
      const value = values[index];
      if (value === null || value === undefined) {
        if (all) out += out === "" ? `${label}null` : `,${label}null`;
      } else if (all || value !== "") {
        out += out === "" ? label + encode(value) : `,${label}${encode(value)}`;
      }
    }
    return out;
  }

  /** `"before-image":{...},`: what the log holds of the old row, of the columns that the task's settings name. */
  private beforeImage(old: Tuple | undefined): string {
    const { BeforeImageSettings: settings } = this.options.settings;
    if (settings?.EnableBeforeImage !== true) return "";
    const parts: string[] = [];
    if (old !== undefined) {
      for (const field of this.changeLayout(old.shape).fields) {
        // Large objects never appear (AWS DMS guide, "Before image task settings").
        if (field.isLob || (settings.ColumnFilter === "pk-only" && !field.isKey)) continue;
        const value = old.values[field.index];
        if (typeof value === "string") parts.push(field.label + field.encode(value));
      }
    }
    return `${quote(settings.FieldName)}:{${parts.join(",")}},`;
  }

  private partitionKey(type: PartitionKeyType, { key }: Layout, values: readonly Value[]): string {
    if (type === "schema-table") return this.schemaTable;
    let out = this.keyPrefix;
    let separator = "";
    for (const { index, encode } of key) {
      const value = values[index] ?? "";
      const json = encode(value);
      out += separator + (json.startsWith('"') ? (json.includes("\\") ? value : json.slice(1, -1)) : json);
      separator = ".";
    }
    return out;
  }

  private changeLayout(shape: Shape): Layout {
    const known = this.layouts.get(shape);
    if (known !== undefined) return known;
    const columns = shape === this.wholeShape ? this.table.columns : shape.columns;
    const layout = this.layoutOf(columns, "change");
    // Nulls are left out of an old row, so that there are many shapes of them.
    if (this.layouts.size > 1000) this.layouts.clear();
    this.layouts.set(shape, layout);
    return layout;
  }

  private layoutOf(columns: readonly { name: string; pgType: string }[], phase: "load" | "change"): Layout {
    const { target, settings, source, mapping, onTruncated } = this.options;
    const { LimitedSizeLobMode, LobMaxSize, SupportLobs } = settings.TargetMetadata;
    const all = columns.map(({ name, pgType }, index): Field => {
      const known = this.columns.get(name);
      const column = known?.pgType === pgType ? known : unknownColumn(name, pgType, source);
      const encode = encoder(column, {
        phase,
        largeIntegers: target.useLargeIntegerValue,
        lobLimit: LimitedSizeLobMode ? LobMaxSize * KIB : undefined,
        onTruncated: (truncated) => onTruncated(this.table, truncated),
      });
      const isKey = this.table.key.includes(name);
      return { index, name, label: `${quote(name)}:`, encode, isKey, isLob: isLob(column.type) };
    });
    return {
      fields: all
        .filter((field) => (SupportLobs || !field.isLob) && !isRemoved(mapping, this.table, field.name))
        .sort(byName),
      key: this.table.key.flatMap((name) => all.filter((field) => field.name === name)),
    };
  }
}

function valueOf(tuple: Tuple, shape: Shape, index: number): Value {
  const name = shape.columns[index]?.name;
  const at = tuple.shape.columns.findIndex((column) => column.name === name);
  // A null is left out of an old row.
  return at < 0 ? null : tuple.values[at];
}
