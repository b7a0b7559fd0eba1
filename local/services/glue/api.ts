/** The operations of Glue's API that the catalog answers: https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html */
import { z } from "zod";
import { readRequest } from "../../core/requests";
import { AwsError, type Call, type JsonApi, type Scope } from "../../core/service";
import { catalogArn, databaseArn, type GlueCatalog, invalid, tableArn } from "./catalog";
import { tableInput } from "./table";

const name = z
  .string()
  .min(1)
  .transform((text) => text.toLowerCase());
const catalogId = {
  CatalogId: z
    .string()
    .regex(/^\d{12}$/, "Expected the 12 digits of an account")
    .optional(),
};
const ofTable = { ...catalogId, DatabaseName: name };
const page = (most: number) => ({
  NextToken: z.string().optional(),
  MaxResults: z.number().int().min(1).max(most).optional(),
});

const shapes = {
  database: z.strictObject({ ...catalogId, Name: name }),
  databases: z.strictObject({ ...catalogId, ...page(100) }),
  createDatabase: z.strictObject({
    ...catalogId,
    DatabaseInput: z.strictObject({
      Name: name,
      Description: z.string().optional(),
      LocationUri: z.string().optional(),
      Parameters: z.record(z.string(), z.string()).default({}),
    }),
  }),
  table: z.strictObject({ ...ofTable, Name: name }),
  tables: z.strictObject({ ...ofTable, ...page(100), Expression: z.string().optional() }),
  putTable: z.strictObject({ ...ofTable, TableInput: tableInput }),
  updateTable: z.strictObject({ ...ofTable, TableInput: tableInput, SkipArchive: z.literal(false).optional() }),
  partitions: z.strictObject({ ...ofTable, ...page(1000), TableName: name, Expression: z.string().optional() }),
  versions: z.strictObject({ ...ofTable, ...page(100), TableName: name }),
  version: z.strictObject({ ...ofTable, TableName: name, VersionId: z.string().optional() }),
};

/** Names with `.*` and `|` mean the same to whoever reads them; what Glue makes of other patterns is not documented. */
function matcher(expression: string | undefined): (name: string) => boolean {
  if (expression === undefined) return () => true;
  if (!/^(?:[a-z0-9_]|\.\*|\|)+$/i.test(expression)) {
    throw invalid(`local glue: the Expression "${expression}" is not supported: only names, .* and | are.`);
  }
  const pattern = new RegExp(`^(?:${expression.toLowerCase()})$`);
  return (text) => pattern.test(text);
}

/** A page of what is sorted; the token is the place of the next one. */
function paged<T>(
  all: readonly T[],
  { NextToken, MaxResults }: { NextToken?: string; MaxResults?: number },
  most: number,
) {
  const start = NextToken === undefined ? 0 : Number(Buffer.from(NextToken, "base64").toString());
  if (!Number.isInteger(start) || start < 0) throw invalid("The NextToken is not one that was given out.");
  const end = start + (MaxResults ?? most);
  const token = end < all.length ? { NextToken: Buffer.from(String(end)).toString("base64") } : {};
  return { items: all.slice(start, end), token };
}

export function glueOperations(catalog: GlueCatalog): JsonApi["operations"] {
  const read = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> =>
    readRequest(schema, input, "glue", "InvalidInputException");
  const scopeOf = (input: { CatalogId?: string }, call: Call): Scope => ({
    account: input.CatalogId ?? call.account,
    region: call.region,
  });
  const ask = (call: Call, action: string, scope: Scope, database?: string, table?: string): void => {
    call.authorize(action, catalogArn(scope));
    if (database !== undefined) call.authorize(action, databaseArn(scope, database));
    if (database !== undefined && table !== undefined) call.authorize(action, tableArn(scope, database, table));
  };

  return {
    GetDatabase(raw, call) {
      const input = read(shapes.database, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:GetDatabase", scope, input.Name);
      const Database = catalog.database(scope, input.Name);
      if (Database === undefined) throw new AwsError("EntityNotFoundException", `Database ${input.Name} not found.`);
      return { Database };
    },

    GetDatabases(raw, call) {
      const input = read(shapes.databases, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:GetDatabases", scope);
      const { items, token } = paged(catalog.databases(scope), input, 100);
      return { DatabaseList: items, ...token };
    },

    CreateDatabase(raw, call) {
      const input = read(shapes.createDatabase, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:CreateDatabase", scope, input.DatabaseInput.Name);
      catalog.createDatabase(scope, input.DatabaseInput);
      return {};
    },

    /** Whoever deletes a database needs the right to delete all that is in it. */
    DeleteDatabase(raw, call) {
      const input = read(shapes.database, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:DeleteDatabase", scope, input.Name, "*");
      catalog.deleteDatabase(scope, input.Name);
      return {};
    },

    GetTable(raw, call) {
      const input = read(shapes.table, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:GetTable", scope, input.DatabaseName, input.Name);
      return { Table: catalog.existing(scope, input.DatabaseName, input.Name) };
    },

    GetTables(raw, call) {
      const input = read(shapes.tables, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:GetTables", scope, input.DatabaseName, "*");
      const isWanted = matcher(input.Expression);
      const all = catalog.tables(scope, input.DatabaseName).filter(({ Name }) => isWanted(Name));
      const { items, token } = paged(all, input, 100);
      return { TableList: items, ...token };
    },

    CreateTable(raw, call) {
      const input = read(shapes.putTable, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:CreateTable", scope, input.DatabaseName, input.TableInput.Name);
      catalog.put(scope, input.DatabaseName, input.TableInput, "create");
      return {};
    },

    UpdateTable(raw, call) {
      const input = read(shapes.updateTable, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:UpdateTable", scope, input.DatabaseName, input.TableInput.Name);
      catalog.put(scope, input.DatabaseName, input.TableInput, "update");
      return {};
    },

    DeleteTable(raw, call) {
      const input = read(shapes.table, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:DeleteTable", scope, input.DatabaseName, input.Name);
      catalog.deleteTable(scope, input.DatabaseName, input.Name);
      return {};
    },

    /** None is ever registered: partitions are projected. */
    GetPartitions(raw, call) {
      const input = read(shapes.partitions, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:GetPartitions", scope, input.DatabaseName, input.TableName);
      catalog.existing(scope, input.DatabaseName, input.TableName);
      return { Partitions: [] };
    },

    GetTableVersions(raw, call) {
      const input = read(shapes.versions, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:GetTableVersions", scope, input.DatabaseName, input.TableName);
      const { items, token } = paged(catalog.versions(scope, input.DatabaseName, input.TableName), input, 100);
      return { TableVersions: items.map((Table) => ({ Table, VersionId: Table.VersionId })), ...token };
    },

    GetTableVersion(raw, call) {
      const input = read(shapes.version, raw);
      const scope = scopeOf(input, call);
      ask(call, "glue:GetTableVersion", scope, input.DatabaseName, input.TableName);
      const versions = catalog.versions(scope, input.DatabaseName, input.TableName);
      const Table = versions.find(({ VersionId }) => VersionId === (input.VersionId ?? versions[0]?.VersionId));
      if (Table === undefined) {
        throw new AwsError("EntityNotFoundException", `Table ${input.TableName} has no version ${input.VersionId}.`);
      }
      return { TableVersion: { Table, VersionId: Table.VersionId } };
    },
  };
}
