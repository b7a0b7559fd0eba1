/**
 * The JSON documents of a record, checked against the columns they are written to. A record holds one or more objects back
 * to back, with or without white space between them (Firehose guide, "Convert input data format"; an array is not taken).
 *
 * A record converts as a whole or not at all: AWS documents that the *record* which does not convert goes to the error
 * prefix, not what becomes of the other documents in it. Taking none of them loses nothing and doubles nothing, since the
 * error object holds the whole record.
 */
import { isUtf8 } from "node:buffer";
import { BYTE, JsonReader, RecordFault } from "./jsonReader";
import type { Column } from "./values";

export type Fault = Pick<RecordFault, "code" | "message">;

/** Of the document at hand: the last document that had the column, and where or how its value is written. */
interface Place {
  document: number;
  from: number;
  to: number;
  json: string | undefined;
}

/** Reads records, one after the other, for one list of columns. */
export class Documents {
  private readonly places: readonly Place[];
  private readonly indexes: ReadonlyMap<string, number>;
  private count = 0;
  /** The document at hand can be handed on as it was sent. */
  private isPlain = true;

  constructor(private readonly columns: readonly Column[]) {
    this.places = columns.map(() => ({ document: 0, from: 0, to: 0, json: undefined }));
    this.indexes = new Map(columns.map(({ name }, index) => [name, index]));
  }

  /** Each document as one line of JSON that DuckDB reads with the columns' types, or why there is none. */
  read(record: Buffer): Buffer[] | Fault {
    const reader = new JsonReader(record);
    try {
      if (!isUtf8(record)) throw reader.malformed("the record is not UTF-8");
      const documents: Buffer[] = [];
      for (reader.space(); reader.at < record.length; reader.space()) documents.push(this.document(reader));
      if (documents.length > 0) return documents;
      throw new RecordFault("DataFormatConversion.MalformedData", "The record was empty or contained only whitespace.");
    } catch (error) {
      if (error instanceof RecordFault) return { code: error.code, message: error.message };
      throw error;
    }
  }

  private document(reader: JsonReader): Buffer {
    const { bytes } = reader;
    const start = reader.at;
    if (bytes[start] !== BYTE.open) {
      reader.value();
      throw new RecordFault(
        "DataFormatConversion.MalformedData",
        "Data does not match the schema. A record is one JSON object after the other; arrays and plain values are not taken.",
      );
    }
    this.count += 1;
    this.isPlain = true;
    reader.at += 1;
    this.space(reader);
    if (bytes[reader.at] === BYTE.close) reader.at += 1;
    else {
      do this.member(reader);
      while (this.hasMore(reader));
    }
    return this.isPlain ? bytes.subarray(start, reader.at) : this.rewritten(reader);
  }

  private space(reader: JsonReader): void {
    // A line's end inside a document would end DuckDB's line.
    if (reader.space()) this.isPlain = false;
  }

  private hasMore(reader: JsonReader): boolean {
    this.space(reader);
    const byte = reader.bytes[reader.at];
    if (byte !== BYTE.comma && byte !== BYTE.close) throw reader.malformed("expected a comma or the object's end");
    reader.at += 1;
    if (byte === BYTE.comma) this.space(reader);
    return byte === BYTE.comma;
  }

  private member(reader: JsonReader): void {
    const start = reader.at;
    const hasEscapes = reader.string();
    const key = reader.text(start + 1, reader.at - 1);
    this.space(reader);
    if (reader.bytes[reader.at] !== BYTE.colon) throw reader.malformed("expected a colon");
    reader.at += 1;
    this.space(reader);
    const from = reader.at;
    const token = reader.value();
    const to = reader.at;

    const exact = hasEscapes ? undefined : this.indexes.get(key);
    if (exact === undefined) this.isPlain = false;
    // caseInsensitive: Firehose lower-cases the keys before it looks for the columns.
    const index = exact ?? this.indexes.get(String(hasEscapes ? JSON.parse(`"${key}"`) : key).toLowerCase());
    const column = index === undefined ? undefined : this.columns[index];
    const place = index === undefined ? undefined : this.places[index];
    // A key without a column is dropped without a word, as on AWS.
    if (column === undefined || place === undefined) return;
    if (place.document === this.count) throw reader.malformed(`the key "${column.name}" stands twice`);
    const verdict = column.judge(token, () => reader.text(from, to));
    if (typeof verdict === "object" && "fault" in verdict) {
      throw new RecordFault("DataFormatConversion.MalformedData", verdict.fault);
    }
    place.document = this.count;
    place.from = from;
    place.to = to;
    place.json = verdict === "plain" ? undefined : verdict.json;
    if (verdict !== "plain") this.isPlain = false;
  }

  /** The document with the columns' own names, without other keys, on one line. */
  private rewritten(reader: JsonReader): Buffer {
    const members = this.columns.flatMap(({ name }, index) => {
      const place = this.places[index];
      if (place === undefined || place.document !== this.count) return [];
      return `"${name}":${place.json ?? reader.text(place.from, place.to)}`;
    });
    return Buffer.from(`{${members.join(",")}}`);
  }
}
