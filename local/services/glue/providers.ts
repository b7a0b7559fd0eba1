/** Creates what the Pulumi program declares of Glue. Arguments: @pulumi/aws 7, `aws.glue`. */
import { z } from "zod";
import { readInputs } from "../../core/inputs";
import { AwsError, type Created, type ResourceContext, type ResourceProvider, type Scope } from "../../core/service";
import { databaseArn, type Database, type GlueCatalog, tableArn } from "./catalog";
import { tableInput, type StoredTable, type TableInput } from "./table";

const text = z.record(z.string(), z.string());
/** Change nothing here. */
const ignored = { tags: z.unknown().optional(), tagsAll: z.unknown().optional(), region: z.string().optional() };
const catalogId = z.string().optional();

const databaseShape = z.strictObject({
  ...ignored,
  catalogId,
  name: z.string().optional(),
  description: z.string().optional(),
  locationUri: z.string().optional(),
  parameters: text.default({}),
});

const column = z.strictObject({
  name: z.string(),
  type: z.string().default("string"),
  comment: z.string().optional(),
  parameters: text.optional(),
});

const tableShape = z.strictObject({
  region: ignored.region,
  catalogId,
  databaseName: z.string(),
  name: z.string().optional(),
  description: z.string().optional(),
  owner: z.string().optional(),
  parameters: text.default({}),
  partitionKeys: z.array(column).default([]),
  retention: z.number().optional(),
  tableType: z.string().optional(),
  viewOriginalText: z.string().optional(),
  viewExpandedText: z.string().optional(),
  storageDescriptor: z
    .strictObject({
      columns: z.array(column).default([]),
      location: z.string().optional(),
      inputFormat: z.string().optional(),
      outputFormat: z.string().optional(),
      compressed: z.boolean().optional(),
      numberOfBuckets: z.number().optional(),
      parameters: text.optional(),
      serDeInfo: z
        .strictObject({
          name: z.string().optional(),
          serializationLibrary: z.string().optional(),
          parameters: text.optional(),
        })
        .optional(),
      storedAsSubDirectories: z.boolean().optional(),
    })
    .prefault({}),
});
type TableInputs = z.output<typeof tableShape>;

const refuse = (context: ResourceContext, message: string): AwsError =>
  new AwsError("InvalidInputException", `${context.type} "${context.name}": ${message}`);

const scopeOf = (inputs: { catalogId?: string }, { account, region }: ResourceContext): Scope => ({
  account: inputs.catalogId ?? account,
  region,
});

/** An id is `<catalog>:<database>[:<table>]`, as the provider's. */
function refuseRename(id: string, wanted: string, context: ResourceContext): void {
  if (wanted !== id) throw refuse(context, `it cannot be renamed (${id} to ${wanted}); it must be replaced.`);
}

export function databaseProvider(catalog: GlueCatalog): ResourceProvider {
  const made = (database: Database, inputs: object, scope: Scope): Created => ({
    id: `${database.CatalogId}:${database.Name}`,
    outputs: {
      ...inputs,
      name: database.Name,
      catalogId: database.CatalogId,
      arn: databaseArn(scope, database.Name),
      region: scope.region,
    },
  });
  const read = (raw: Record<string, unknown>, context: ResourceContext) => {
    const inputs = readInputs(databaseShape, raw, context);
    const Name = (inputs.name ?? context.autoName).toLowerCase();
    const input = {
      Name,
      Parameters: inputs.parameters,
      ...(inputs.description === undefined ? {} : { Description: inputs.description }),
      ...(inputs.locationUri === undefined ? {} : { LocationUri: inputs.locationUri }),
    };
    return { inputs, input, scope: scopeOf(inputs, context) };
  };
  return {
    create(raw, context) {
      const { inputs, input, scope } = read(raw, context);
      return made(catalog.createDatabase(scope, input), inputs, scope);
    },
    update(id, raw, _previous, context) {
      const { inputs, input, scope } = read(raw, context);
      refuseRename(id, `${scope.account}:${input.Name}`, context);
      return made(catalog.updateDatabase(scope, input), inputs, scope);
    },
    delete(id, _previous, { region }) {
      const [account = "", name = ""] = id.split(":");
      catalog.deleteDatabase({ account, region }, name);
    },
  };
}

const pascal = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1);

/** camelCase members to the API's, but not the keys of maps; members left out stay out. */
function members(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(members);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return Object.fromEntries(
    entries.map(([name, member]) => [
      name === "serDeInfo" ? "SerdeInfo" : pascal(name),
      name === "parameters" ? member : members(member),
    ]),
  );
}

function tableInputOf(inputs: TableInputs, context: ResourceContext): TableInput {
  const { description, owner, parameters, partitionKeys, retention, storageDescriptor } = inputs;
  const { tableType, viewOriginalText, viewExpandedText } = inputs;
  const table = { description, owner, parameters, partitionKeys, retention, storageDescriptor };
  const view = { tableType, viewOriginalText, viewExpandedText };
  const parsed = tableInput.safeParse(members({ ...table, ...view, name: inputs.name ?? context.autoName }));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refuse(context, `${issue?.path.map(String).join(".") ?? ""}: ${issue?.message ?? "it is not valid"}.`);
}

export function tableProvider(catalog: GlueCatalog): ResourceProvider {
  const made = (table: StoredTable, inputs: TableInputs, scope: Scope): Created => ({
    id: `${table.CatalogId}:${table.DatabaseName}:${table.Name}`,
    outputs: {
      ...inputs,
      name: table.Name,
      catalogId: table.CatalogId,
      arn: tableArn(scope, table.DatabaseName, table.Name),
      region: scope.region,
    },
  });
  return {
    create(raw, context) {
      const inputs = readInputs(tableShape, raw, context);
      const scope = scopeOf(inputs, context);
      return made(catalog.put(scope, inputs.databaseName, tableInputOf(inputs, context), "create"), inputs, scope);
    },
    update(id, raw, _previous, context) {
      const inputs = readInputs(tableShape, raw, context);
      const scope = scopeOf(inputs, context);
      const input = tableInputOf(inputs, context);
      refuseRename(id, `${scope.account}:${inputs.databaseName}:${input.Name}`, context);
      return made(catalog.put(scope, inputs.databaseName, input, "update"), inputs, scope);
    },
    delete(id, _previous, { region }) {
      const [account = "", database = "", name = ""] = id.split(":");
      catalog.deleteTable({ account, region }, database, name);
    },
  };
}
