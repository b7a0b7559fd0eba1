/** The sample monolith: its schema and its rows. */
import { readFile } from "node:fs/promises";
import * as path from "node:path";
import type { Client } from "pg";
import { projectFolder } from "../project";

export interface SampleSize {
  readonly shops: number;
  readonly users: number;
  readonly shifts: number;
}

const sql = (file: string): Promise<string> => readFile(path.join(projectFolder(), "local", "sample", file), "utf8");

/** Creates the tables in an empty database and fills them, the same rows each time. @returns how many rows there are. */
export async function createSample(client: Client, size: SampleSize): Promise<number> {
  await client.query(await sql("schema.sql"));
  const seed = Object.entries(size).reduce(
    (text, [name, count]) => text.replaceAll(`:${name}`, String(count)),
    await sql("seed.sql"),
  );
  await client.query(seed);
  const counted = await client.query<{ rows: string }>(
    `select sum(rows) as rows from (${SAMPLE_TABLES.map((name) => `select count(*) as rows from ${name}`).join(" union all ")}) as counts`,
  );
  return Number(counted.rows[0]?.rows);
}

export const SAMPLE_TABLES = ["shops", "users", "contracts", "shifts", "absences", "heartbeat"] as const;
