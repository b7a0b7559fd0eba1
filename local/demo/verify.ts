/** Compares every store with the source, once all has settled. */
import type { AthenaClient } from "@aws-sdk/client-athena";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { Client } from "pg";
import * as everything from "../../model";
import type { Service, Table } from "../../model";
import type { QueryOptions } from "../../ops/athena";
import type { Punch } from "../sample/punches";
import { compareRows, type Comparison } from "./compare";
import { itemRows, lakeRows, serviceItems, sourceColumns, sourceRows, type SourceColumn } from "./rows";

export interface Stores {
  readonly monolith: Client;
  readonly dynamodb: DynamoDBClient;
  /** By service: the DynamoDB table with what it follows. */
  readonly serviceTables: Readonly<Record<string, string>>;
  readonly athena: AthenaClient;
  readonly workgroup: string;
  readonly database: string;
}

/** What is replicated, and to whom. */
export interface Model {
  readonly tables: readonly Table[];
  readonly services: readonly Service[];
}

const chosen = (columns: readonly SourceColumn[], names: readonly string[]): SourceColumn[] =>
  columns.filter(({ name }) => names.includes(name));

const namesOf = (columns: readonly SourceColumn[]): string[] => columns.map(({ name }) => name);

/** The monolith against each service's table: the tables and columns that it follows. */
export async function compareServices(
  stores: Stores,
  progress: (state: string) => void,
  { tables, services }: Model = everything,
): Promise<Comparison[]> {
  const found: Comparison[] = [];
  for (const { name: service, follows } of services) {
    const items = await serviceItems(stores.dynamodb, stores.serviceTables[service] ?? "");
    for (const { table: name, columns: followed } of follows) {
      progress(`${service} ${name}`);
      const table = tables.find((candidate) => candidate.name === name);
      if (table === undefined) throw new Error(`${service} follows ${name}, which the model does not have`);
      const known = followed === undefined ? table.columns.map((column) => column.name) : [...table.key, ...followed];
      const columns = chosen(await sourceColumns(stores.monolith, name), known);
      const expected = await sourceRows(stores.monolith, name, columns, table.key);
      const actual = itemRows(items.get(`monolith.${name}`) ?? [], columns, table.key);
      found.push(compareRows({ store: service, table: name, columns: namesOf(columns) }, expected, actual));
    }
  }
  return found;
}

const publicNames = (table: Table): string[] =>
  table.columns.filter(({ privacy }) => privacy === "open").map(({ name }) => name);

/** The monolith against the current-state views: every column that is not private. */
export async function compareLake(
  stores: Stores,
  progress: (state: string) => void,
  { tables }: Pick<Model, "tables"> = everything,
): Promise<Comparison[]> {
  const options: QueryOptions = { client: stores.athena, workgroup: stores.workgroup, database: stores.database };
  const found: Comparison[] = [];
  for (const table of tables) {
    progress(`lake ${table.name}`);
    const columns = chosen(await sourceColumns(stores.monolith, table.name), publicNames(table));
    const expected = await sourceRows(stores.monolith, table.name, columns, table.key);
    const actual = await lakeRows(table.name, columns, table.key, options);
    found.push(compareRows({ store: "lake", table: table.name, columns: namesOf(columns) }, expected, actual));
  }
  return found;
}

/** How a service's columns are typed where the source's catalog would say it. */
const PUNCH_TYPES: Readonly<Record<string, string>> = { punched_at: "timestamp with time zone" };

/** What the clocking service wrote itself against the lake's view of it. */
export async function comparePunches(punches: readonly Punch[], stores: Stores): Promise<Comparison> {
  const options: QueryOptions = { client: stores.athena, workgroup: stores.workgroup, database: stores.database };
  const names = Object.keys(punches[0] ?? {});
  const columns = names.map((name) => ({ name, type: PUNCH_TYPES[name] ?? "text" }));
  const expected = itemRows(punches, columns, ["id"]);
  const actual = await lakeRows("punches", columns, ["id"], options);
  return compareRows({ store: "lake", table: "punches", columns: names }, expected, actual);
}
