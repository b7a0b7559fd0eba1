/** From records to a Parquet file, by DuckDB: it works in threads of its own, so the event loop only reads the JSON. */
import { DuckDBInstance, type DuckDBConnection } from "@duckdb/node-api";
import { open, rm } from "node:fs/promises";
import { setImmediate as nextTurn } from "node:timers/promises";
import { Documents, type Fault } from "./documents";
import type { Column } from "./values";

export interface Converted {
  /** Documents written; with none there is no file. */
  readonly rows: number;
  /** Records that do not convert, by their place. */
  readonly faults: ReadonlyMap<number, Fault>;
}

/** How long other work of this process may wait; milliseconds. */
const TURN = 8;
/** Bytes written at once; more than a record has. */
const LINES = 4 * 1024 * 1024;
const NEWLINE = 0x0a;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

export class ParquetConverter {
  private connection: Promise<DuckDBConnection> | undefined;
  private instance: DuckDBInstance | undefined;
  /** One conversion at a time: memory stays bounded, and the CPUs are few. */
  private last: Promise<unknown> = Promise.resolve();

  /** Writes the documents of the records to `file`, a path that does not exist yet. */
  convert(records: readonly Buffer[], columns: readonly Column[], codec: string, file: string): Promise<Converted> {
    const done = this.last.then(() => this.run(records, columns, codec, file));
    this.last = done.catch(() => undefined);
    return done;
  }

  private async run(
    records: readonly Buffer[],
    columns: readonly Column[],
    codec: string,
    file: string,
  ): Promise<Converted> {
    const json = `${file}.json`;
    try {
      const converted = await writeDocuments(records, columns, json);
      if (converted.rows > 0) await this.copy(columns, codec, json, file);
      return converted;
    } finally {
      await rm(json, { force: true });
    }
  }

  private async copy(columns: readonly Column[], codec: string, json: string, file: string): Promise<void> {
    const types = columns.map(({ name, duckType }) => `"${name}": '${duckType}'`).join(", ");
    const connection = await (this.connection ??= this.connect());
    await connection.run(
      `COPY (FROM read_json(${quoted(json)}, format = 'newline_delimited', columns = {${types}}))
       TO ${quoted(file)} (FORMAT parquet, COMPRESSION ${codec})`,
    );
  }

  private async connect(): Promise<DuckDBConnection> {
    this.instance = await DuckDBInstance.create(":memory:", {
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
      memory_limit: "512MB",
      threads: "2",
    });
    return this.instance.connect();
  }

  /** Waits for the conversion under way. */
  async close(): Promise<void> {
    await this.last;
    (await this.connection)?.closeSync();
    this.instance?.closeSync();
    this.connection = undefined;
    this.instance = undefined;
  }
}

async function writeDocuments(
  records: readonly Buffer[],
  columns: readonly Column[],
  path: string,
): Promise<Converted> {
  const documents = new Documents(columns);
  const faults = new Map<number, Fault>();
  let rows = 0;
  const lines = Buffer.allocUnsafe(LINES);
  let used = 0;
  let turn = performance.now();
  const handle = await open(path, "wx");
  const write = async (): Promise<void> => {
    await handle.write(lines, 0, used);
    used = 0;
  };
  try {
    for (const [index, record] of records.entries()) {
      const read = documents.read(record);
      if (!Array.isArray(read)) {
        faults.set(index, read);
        continue;
      }
      rows += read.length;
      for (const document of read) {
        if (used + document.length >= LINES) await write();
        used += document.copy(lines, used);
        lines[used] = NEWLINE;
        used += 1;
      }
      if (performance.now() - turn > TURN) {
        await nextTurn();
        turn = performance.now();
      }
    }
    await write();
  } finally {
    await handle.close();
  }
  return { rows, faults };
}
