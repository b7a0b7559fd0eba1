/**
 * Reads what only the rows know: how large the large objects are, and values that DMS cannot carry. Small tables are read
 * whole, of larger ones a sample of pages. Lengths come from the heap alone (PostgreSQL keeps the raw length of a value that
 * lies out of line), and only the largest values of a column are unpacked.
 */
import { escapeIdentifier, type ClientBase } from "pg";
import { isLob, type Table } from "../../model";
import { messageOf } from "./errors";
import { quotedTable, tableKey } from "./finding";
import { CLOSE } from "./checks/values";
import { modelType, type CatalogColumn, type CatalogTable, type LargestValue, type Measured } from "./source";

export interface MeasureOptions {
  readonly lobMaxKb: number;
  /** Of the model. */
  readonly heartbeat?: Table;
  /** Bytes of a table up to which it is read whole; of a larger one about so many are sampled. */
  readonly wholeBytes?: number;
  /** No further table is begun after so many milliseconds. */
  readonly budget?: number;
}

const WHOLE_BYTES = 16 * 1024 ** 2;
const BUDGET = 30_000;
/** Tables whose first look shares a query. */
const BATCH = 25;
/** Values of a column that are unpacked at most. */
const UNPACKED = 20;
/** No compression of PostgreSQL's gains more. */
const BEST_COMPRESSION = 255;

/** How the size of a value is found without unpacking it. */
type Look = "text" | "bytes" | "stored" | "moment" | "bigint" | "beat";

const MOMENTS: readonly string[] = ["date", "timestamp", "timestamp with time zone"];

function lookOf(column: CatalogColumn): Look | undefined {
  if (column.typeKind === "c") return "stored";
  const type = modelType(column)?.type;
  if (type === undefined) return undefined;
  if (MOMENTS.includes(type)) return "moment";
  if (type === "bigint") return "bigint";
  if (!isLob(type)) return undefined;
  if (type === "text" || type === "xml") return "text";
  return type === "bytea" ? "bytes" : "stored";
}

const EXPRESSIONS: Readonly<Record<Look, (name: string) => string>> = {
  text: (name) => `max(octet_length(${name}::text))`,
  bytes: (name) => `max(octet_length(${name}))`,
  stored: (name) => `max(pg_column_size(${name}))`,
  moment: (name) => `bool_or(not isfinite(${name}))`,
  // UseLargeIntegerValue reaches 18 digits.
  bigint: (name) => `bool_or(${name} >= 1000000000000000000 or ${name} <= -1000000000000000000)`,
  beat: (name) => `extract(epoch from clock_timestamp() - max(${name}))`,
};

interface Plan {
  readonly table: CatalogTable;
  readonly looks: readonly { readonly column: string; readonly look: Look; readonly perCharacter: number }[];
  readonly percent: number;
}

const from = ({ table, percent }: Plan): string =>
  `${quotedTable(table)}${percent < 100 ? ` tablesample system (${percent}) repeatable (1)` : ""}`;

function firstLook(plan: Plan): string {
  const expressions = plan.looks.map(({ column, look }) => `${EXPRESSIONS[look](escapeIdentifier(column))}::text`);
  return `select array[${expressions.join(", ")}] as found from ${from(plan)}`;
}

/** CLOB counts one byte a character and NCLOB two; both twice as many where there are characters beyond the 16-bit ones. */
const perCharacter = (type: string | undefined): number => (type === "xml" || type === "tsvector" ? 1 : 2);

interface Aim {
  readonly wholeBytes: number;
  /** Bytes of a value from which on it is worth unpacking. */
  readonly enough: number;
  readonly heartbeat: Table | undefined;
}

function looksAt(table: CatalogTable, column: CatalogColumn, heartbeat: Table | undefined): Look[] {
  const look = lookOf(column);
  const isBeat =
    heartbeat !== undefined &&
    tableKey(heartbeat) === tableKey(table) &&
    column.name === heartbeat.heartbeat &&
    modelType(column)?.type === "timestamp with time zone";
  return [...(look === undefined ? [] : [look]), ...(isBeat ? ["beat" as const] : [])];
}

async function plans(client: ClientBase, tables: readonly CatalogTable[], aim: Aim): Promise<Plan[]> {
  const { wholeBytes, heartbeat } = aim;
  const sizes = await client.query<{ size: string | null }>(
    "select pg_relation_size(to_regclass(name))::text as size from unnest($1::text[]) with ordinality as t (name, n) order by n",
    [tables.map(quotedTable)],
  );
  return tables.map((table, index) => {
    const bytes = Number(sizes.rows[index]?.size ?? 0);
    const looks = table.columns.flatMap((column) =>
      looksAt(table, column, heartbeat).map((look) => ({
        ...{ column: column.name, look, perCharacter: perCharacter(modelType(column)?.type) },
      })),
    );
    return { table, looks, percent: bytes <= wholeBytes ? 100 : (wholeBytes / bytes) * 100 };
  });
}

/** What the largest values of a column need, where the first look says that one of them might be too large. */
async function unpack(
  client: ClientBase,
  plan: Plan,
  { column, look, perCharacter }: Plan["looks"][number],
  enough: number,
): Promise<LargestValue[]> {
  const name = escapeIdentifier(column);
  const length = look === "text" ? `octet_length(${name}::text)` : `pg_column_size(${name})`;
  const { rows } = await client.query<{ bytes: number | null }>(
    `select max(length(value) * case
       when current_setting('server_encoding') = 'UTF8' and value ~ '[\\U00010000-\\U0010ffff]' then $1::int * 2
       else $1::int end) as bytes
     from (select ${name}::text as value from ${from(plan)} where ${length} > $2 order by ${length} desc limit ${UNPACKED})
     as largest`,
    [perCharacter, Math.floor(enough / (look === "text" ? 4 : 4 * BEST_COMPRESSION))],
  );
  const bytes = rows[0]?.bytes ?? null;
  return bytes === null ? [] : [{ column, bytes }];
}

async function measureOne(
  client: ClientBase,
  plan: Plan,
  found: readonly (string | null)[],
  enough: number,
): Promise<Measured> {
  const { schema, name } = plan.table;
  const largeObjects: LargestValue[] = [];
  const infinite: string[] = [];
  const longIntegers: string[] = [];
  let beat: { readonly secondsSinceBeat?: number | null } = {};
  for (const [index, look] of plan.looks.entries()) {
    const value = found[index] ?? null;
    if (look.look === "beat") beat = { secondsSinceBeat: value === null ? null : Number(value) };
    if (value === null || look.look === "beat") continue;
    if (look.look === "moment" || look.look === "bigint") {
      if (value === "true") (look.look === "moment" ? infinite : longIntegers).push(look.column);
    } else if (look.look === "bytes") {
      largeObjects.push({ column: look.column, bytes: Number(value) });
    } else if (Number(value) * (look.look === "text" ? 4 : 4 * BEST_COMPRESSION) > enough) {
      largeObjects.push(...(await unpack(client, plan, look, enough)));
    }
  }
  return { schema, name, percent: plan.percent, largeObjects, infinite, longIntegers, ...beat };
}

const unread = ({ schema, name }: CatalogTable, failure: string): Measured => ({
  schema,
  name,
  percent: 0,
  failure,
  largeObjects: [],
  infinite: [],
  longIntegers: [],
});

async function measureBatch(client: ClientBase, tables: readonly CatalogTable[], aim: Aim): Promise<Measured[]> {
  const batch = await plans(client, tables, aim);
  const { rows } = await client.query<{ found: (string | null)[] }>(
    batch
      .map((plan, index) => `select ${index} as place, found from (${firstLook(plan)}) as t${index}`)
      .join(" union all ") + " order by place",
  );
  const measured: Measured[] = [];
  for (const [index, plan] of batch.entries()) {
    measured.push(await measureOne(client, plan, rows[index]?.found ?? [], aim.enough));
  }
  return measured;
}

/** Tables that may not be read, and relations that are none, are left out: other findings speak of them. */
export async function measure(
  client: ClientBase,
  tables: readonly CatalogTable[],
  { lobMaxKb, heartbeat, wholeBytes = WHOLE_BYTES, budget = BUDGET }: MeasureOptions,
): Promise<Measured[]> {
  const readable = tables.filter(({ kind, selectable, schemaUsable }) => kind === "r" && selectable && schemaUsable);
  const end = Date.now() + budget;
  const aim = { wholeBytes, heartbeat, enough: lobMaxKb * 1024 * CLOSE };
  const measured: Measured[] = [];
  const attempt = async (batch: readonly CatalogTable[]): Promise<void> => {
    if (Date.now() > end) {
      measured.push(...batch.map((table) => unread(table, `the ${budget / 1000} s for it were over`)));
      return;
    }
    try {
      measured.push(...(await measureBatch(client, batch, aim)));
    } catch (error) {
      const [first] = batch;
      if (batch.length === 1 && first !== undefined) measured.push(unread(first, messageOf(error)));
      // One of them, which the others need not suffer for.
      else for (const table of batch) await attempt([table]);
    }
  };
  for (let start = 0; start < readable.length; start += BATCH) await attempt(readable.slice(start, start + BATCH));
  return measured;
}

/** `<schema>.<name>` of those of which only a part was read. */
export const sampled = (measured: readonly Measured[]): string[] =>
  measured.filter(({ percent, failure }) => failure === undefined && percent < 100).map(tableKey);
