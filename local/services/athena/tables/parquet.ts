/** What the footers of Parquet files say: which columns they have, of which type, and how many bytes each takes. */
import type { DuckDBConnection } from "@duckdb/node-api";
import { stat } from "node:fs/promises";
import { QueryError } from "../sql/errors";
import { messageOf } from "../run/faults";
import { quote } from "../translate/typed";

export interface ParquetColumn {
  /** In DuckDB's terms: `BIGINT`, `DECIMAL(30,10)`, `INTEGER[]`; `?` for what is neither plain nor a list of plain values. */
  readonly type: string;
  /** Compressed bytes of its column chunks. */
  readonly bytes: number;
}

export interface Footer {
  /** By name in lower case. */
  readonly columns: ReadonlyMap<string, ParquetColumn>;
}

/** A file of the lake with the key it has in its bucket. */
export interface LakeFile {
  readonly path: string;
  readonly key: string;
}

/** A list of files for DuckDB, which takes names for patterns. */
export function fileList(files: readonly LakeFile[]): string {
  return `[${files.map(({ path }) => quote(path.replace(/[*?[]/g, "[$&]"))).join(", ")}]`;
}

/** Reads footers and keeps them for as long as the files do not change. */
export class Footers {
  private readonly known = new Map<string, { readonly version: string; readonly footer: Footer }>();

  async read(files: readonly LakeFile[], connection: DuckDBConnection): Promise<ReadonlyMap<string, Footer>> {
    const versions = new Map<string, string>();
    await Promise.all(
      files.map(async ({ path }) => {
        const { size, mtimeMs, ino } = await stat(path);
        versions.set(path, `${size} ${mtimeMs} ${ino}`);
      }),
    );
    const fresh = files.filter(({ path }) => this.known.get(path)?.version !== versions.get(path));
    if (fresh.length > 0) {
      for (const [path, footer] of await readFooters(fresh, connection)) {
        this.known.set(path, { version: versions.get(path) ?? "", footer });
      }
    }
    return new Map(
      files.flatMap(({ path }) => {
        const found = this.known.get(path);
        return found ? [[path, found.footer] as const] : [];
      }),
    );
  }
}

async function readFooters(files: readonly LakeFile[], connection: DuckDBConnection): Promise<Map<string, Footer>> {
  const list = fileList(files);
  const types = new Map<string, Map<string, string>>();
  const sizes = new Map<string, Map<string, number>>();
  try {
    const schema = await connection.runAndReadAll(
      `SELECT file_name, name, duckdb_type, logical_type, coalesce(num_children, 0), repetition_type FROM parquet_schema(${list})`,
    );
    const nodes = new Map<string, Node[]>();
    for (const [file, name, type, logical, children, repetition] of schema.getRowsJS()) {
      const list = nodes.get(String(file)) ?? [];
      list.push({
        name: String(name),
        type: type === null ? undefined : String(type),
        nanoseconds: /NANOS=NanoSeconds/.test(String(logical)),
        children: Number(children),
        repeated: repetition === "REPEATED",
      });
      nodes.set(String(file), list);
    }
    for (const [file, flat] of nodes) types.set(file, columnTypes(flat));
    const chunks = await connection.runAndReadAll(
      `SELECT file_name, split_part(path_in_schema, ', ', 1), CAST(sum(total_compressed_size) AS DOUBLE) FROM parquet_metadata(${list}) GROUP BY ALL`,
    );
    for (const [file, name, bytes] of chunks.getRowsJS()) {
      const columns = sizes.get(String(file)) ?? new Map<string, number>();
      sizes.set(String(file), columns.set(String(name).toLowerCase(), Number(bytes)));
    }
  } catch (error) {
    const message = messageOf(error);
    const file = files.find(({ path }) => message.includes(path));
    throw new QueryError(
      "HIVE_BAD_DATA",
      `Not valid Parquet file: ${file?.key ?? files[0]?.key} (${message.split("\n")[0]})`,
    );
  }
  return new Map(
    files.map(({ path }) => {
      const columns = [...(types.get(path) ?? [])].map(
        ([name, type]) => [name, { type, bytes: sizes.get(path)?.get(name) ?? 0 }] as const,
      );
      return [path, { columns: new Map(columns) }];
    }),
  );
}

interface Node {
  readonly name: string;
  readonly type?: string;
  readonly nanoseconds: boolean;
  readonly children: number;
  readonly repeated: boolean;
}

/** The schema comes flat, each node before its children; the first is the root. */
function columnTypes(flat: readonly Node[]): Map<string, string> {
  const types = new Map<string, string>();
  let index = 1;
  const take = (): { type: string; node: Node } => {
    const node = flat[index++];
    if (!node) throw new Error("the schema of a Parquet file ends too early");
    const children = Array.from({ length: node.children }, take);
    const [child] = children;
    const leaf = node.nanoseconds ? "TIMESTAMP_NS" : (node.type ?? "?");
    if (node.children === 0) return { node, type: leaf };
    // A list: a group with one repeated group with one element.
    if (children.length !== 1 || !child) return { node, type: "?" };
    if (node.repeated) return { node, type: child.type };
    return {
      node,
      type: child.node.repeated && child.node.children === 1 && !/[?[]/.test(child.type) ? `${child.type}[]` : "?",
    };
  };
  while (index < flat.length) {
    const { node, type } = take();
    types.set(node.name.toLowerCase(), node.repeated ? "?" : type);
  }
  return types;
}
