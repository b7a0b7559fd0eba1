/** Reads back the CSV of a result, which has every value in quotes and nothing for NULL. */
import { open } from "node:fs/promises";

const QUOTE = 0x22;
const COMMA = 0x2c;
const NEWLINE = 0x0a;
const CHUNK = 256 * 1024;

export interface CsvPage {
  readonly rows: readonly (readonly (string | null)[])[];
  /** Where the next row begins; nothing at the end of the file. */
  readonly next?: number;
}

/** Up to `count` rows from `offset` bytes on. */
export async function readCsv(path: string, offset: number, count: number): Promise<CsvPage> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const rows: (string | null)[][] = [];
    let bytes = Buffer.alloc(0);
    let read = offset;
    let at = 0;
    while (rows.length < count) {
      const row = readRow(bytes, at);
      if (row) {
        rows.push(row.values);
        at = row.end;
        continue;
      }
      if (read >= size) break;
      const chunk = Buffer.alloc(Math.min(CHUNK, size - read));
      const { bytesRead } = await file.read(chunk, 0, chunk.length, read);
      if (bytesRead === 0) break;
      offset += at;
      bytes = Buffer.concat([bytes.subarray(at), chunk.subarray(0, bytesRead)]);
      at = 0;
      read += bytesRead;
    }
    const next = offset + at;
    return next < size ? { rows, next } : { rows };
  } finally {
    await file.close();
  }
}

/** The row that begins at `start`; nothing if the bytes end before it does. */
function readRow(bytes: Buffer, start: number): { values: (string | null)[]; end: number } | undefined {
  const values: (string | null)[] = [];
  let at = start;
  for (;;) {
    let value: string | null = null;
    if (bytes[at] === QUOTE) {
      const from = at + 1;
      let end = bytes.indexOf(QUOTE, from);
      while (end !== -1 && bytes[end + 1] === QUOTE) end = bytes.indexOf(QUOTE, end + 2);
      if (end === -1) return undefined;
      value = bytes.toString("utf8", from, end).replaceAll('""', '"');
      at = end + 1;
    }
    values.push(value);
    if (bytes[at] === COMMA) at++;
    else if (bytes[at] === NEWLINE) return { values, end: at + 1 };
    else return undefined;
  }
}
