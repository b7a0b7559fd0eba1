/** The resources of DynamoDB that a Pulumi program creates. */
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { principalOf, type RecordSink } from "../../core/contracts";
import { readInputs } from "../../core/inputs";
import { keyArn } from "../../core/keys";
import {
  AwsError,
  type Created,
  type PolicyStore,
  type ResourceContext,
  type ResourceProvider,
} from "../../core/service";
import { Destination, replicationRole } from "./destination";
import { invalidValue } from "./errors";
import type { KeySchema } from "./keys";
import { checkTableName, Table, type TableSettings } from "./table";
import { tableArn, type Tables } from "./tables";

const tags = z.record(z.string(), z.string()).optional();

const tableInputs = z.strictObject({
  name: z.string().optional(),
  attributes: z.array(z.strictObject({ name: z.string(), type: z.enum(["S", "N", "B"]) })).min(1),
  hashKey: z.string(),
  rangeKey: z.string().optional(),
  billingMode: z.literal("PAY_PER_REQUEST"),
  streamEnabled: z.boolean().optional(),
  streamViewType: z.enum(["KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES"]).or(z.literal("")).optional(),
  ttl: z.strictObject({ attributeName: z.string().min(1).optional(), enabled: z.boolean().optional() }).optional(),
  pointInTimeRecovery: z
    .strictObject({ enabled: z.boolean(), recoveryPeriodInDays: z.number().int().min(1).max(35).optional() })
    .optional(),
  serverSideEncryption: z.strictObject({ enabled: z.boolean(), kmsKeyArn: z.string().optional() }).optional(),
  deletionProtectionEnabled: z.boolean().optional(),
  tableClass: z.enum(["STANDARD", "STANDARD_INFREQUENT_ACCESS"]).optional(),
  // These change nothing here.
  region: z.string().optional(),
  tags,
  tagsAll: tags,
});
type TableInputs = z.output<typeof tableInputs>;

function settingsOf(inputs: TableInputs, context: ResourceContext): TableSettings {
  const { ttl, pointInTimeRecovery: recovery, serverSideEncryption: encryption } = inputs;
  const fail = (problem: string): AwsError => invalidValue(`table ${context.name}: ${problem}`);
  if (inputs.streamEnabled === true && !inputs.streamViewType) throw fail("streamViewType is missing");
  if (inputs.streamEnabled !== true && inputs.streamViewType) throw fail("streamViewType needs streamEnabled");
  if (ttl?.enabled === true && ttl.attributeName === undefined) throw fail("ttl.attributeName is missing");
  return {
    ...(inputs.streamEnabled === true && inputs.streamViewType ? { streamView: inputs.streamViewType } : {}),
    ...(ttl?.enabled === true && ttl.attributeName !== undefined ? { timeToLive: ttl.attributeName } : {}),
    ...(encryption?.enabled === true ? { keyArn: keyArn(encryption.kmsKeyArn ?? "alias/aws/dynamodb", context) } : {}),
    ...(recovery?.enabled === true ? { pointInTimeRecovery: { days: recovery.recoveryPeriodInDays ?? 35 } } : {}),
    deletionProtection: inputs.deletionProtectionEnabled ?? false,
    tableClass: inputs.tableClass ?? "STANDARD",
  };
}

function schemaOf({ attributes, hashKey, rangeKey }: TableInputs, context: ResourceContext): KeySchema {
  const types = new Map(attributes.map(({ name, type }) => [name, type]));
  const named = (name: string): KeySchema["hash"] => {
    const type = types.get(name);
    if (type === undefined) throw invalidValue(`table ${context.name}: the key ${name} is not among its attributes`);
    types.delete(name);
    return { name, type };
  };
  const hash = named(hashKey);
  const schema = rangeKey === undefined ? { hash } : { hash, range: named(rangeKey) };
  const [unused] = types.keys();
  if (unused !== undefined) {
    throw invalidValue(`table ${context.name}: the attribute ${unused} is no part of its key; there are no indexes`);
  }
  return schema;
}

function created(table: Table): Created {
  const { name, arn, stream, settings, scope } = table;
  return {
    id: name,
    outputs: {
      name,
      arn,
      region: scope.region,
      streamArn: stream?.arn ?? "",
      streamLabel: stream?.options.label ?? "",
      streamViewType: settings.streamView ?? "",
      readCapacity: 0,
      writeCapacity: 0,
      tableClass: settings.tableClass,
    },
  };
}

/** What of a table can only be changed by making another. */
const IDENTITY = ["name", "hashKey", "rangeKey", "attributes"];

/** A provider that tells the engine which difference calls for a new resource. */
interface TableProvider extends ResourceProvider {
  diff(
    id: string,
    inputs: Record<string, unknown>,
    previous: { readonly inputs: Record<string, unknown> },
  ): Promise<"same" | "update" | "replace">;
}

function tableProvider(tables: Tables): TableProvider {
  const existing = (id: string, context: ResourceContext): Table => {
    const table = tables.table(tableArn(id, context));
    if (table === undefined) {
      throw new AwsError("ResourceNotFoundException", `Requested resource not found: Table: ${id} not found`);
    }
    return table;
  };
  return {
    create: (given, context) => {
      const inputs = readInputs(tableInputs, given, context);
      const name = checkTableName(inputs.name ?? context.autoName);
      const scope = { account: context.account, region: context.region };
      const table = new Table(name, scope, schemaOf(inputs, context), settingsOf(inputs, context));
      tables.add(table);
      return created(table);
    },
    diff: async (_id, inputs, { inputs: before }) => {
      const differs = (name: string): boolean => !isDeepStrictEqual(inputs[name], before[name]);
      if (IDENTITY.some(differs)) return "replace";
      return Object.keys({ ...inputs, ...before }).some(differs) ? "update" : "same";
    },
    update: (id, given, _previous, context) => {
      const inputs = readInputs(tableInputs, given, context);
      const table = existing(id, context);
      table.change(settingsOf(inputs, context));
      tables.remember(table);
      return created(table);
    },
    delete: (id, _previous, context) => {
      const table = existing(id, context);
      if (table.settings.deletionProtection) {
        throw new AwsError(
          "ValidationException",
          `Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection of ${id} first.`,
        );
      }
      tables.remove(table);
    },
  };
}

const destinationInputs = z.strictObject({
  tableName: z.string(),
  streamArn: z.string().regex(/^arn:aws:kinesis:/, "Expected the ARN of a Kinesis stream"),
  approximateCreationDateTimePrecision: z.enum(["MILLISECOND", "MICROSECOND"]).optional(),
  region: z.string().optional(),
});

function destinationProvider(tables: Tables, sink: RecordSink, policies: PolicyStore): ResourceProvider {
  const tableNamed = (name: string, context: ResourceContext): Table => {
    const table = tables.table(tableArn(name, context));
    if (table !== undefined) return table;
    throw new AwsError("ResourceNotFoundException", `Requested resource not found: Table: ${name} not found`);
  };
  return {
    create: (given, context) => {
      const inputs = readInputs(destinationInputs, given, context);
      const { streamArn, tableName, approximateCreationDateTimePrecision: precision = "MILLISECOND" } = inputs;
      const table = tableNamed(tableName, context);
      if (table.destination !== undefined) {
        throw invalidValue(`Table already has an enabled Kinesis streaming destination: ${tableName}`);
      }
      const [, , , region, account] = streamArn.split(":");
      if (region !== context.region || account !== context.account) {
        throw invalidValue(`the stream ${streamArn} is not in the account and region of the table ${tableName}`);
      }
      const roleArn = replicationRole(context.account, policies);
      // Fails now, and not with the first change, if there is no such stream.
      sink.append(principalOf(roleArn), streamArn, []);
      const { schema } = table;
      const scope = { account: context.account, region: context.region };
      table.destination = new Destination({ ...scope, streamArn, precision, roleArn, tableName, schema, sink });
      return {
        id: `${tableName},${streamArn}`,
        outputs: { tableName, streamArn, approximateCreationDateTimePrecision: precision, region: context.region },
      };
    },
    delete: (id, _previous, context) => {
      const table = tables.table(tableArn(id.split(",")[0], context));
      table?.destination?.close();
      if (table !== undefined) table.destination = undefined;
    },
  };
}

const policyInputs = z.strictObject({
  resourceArn: z.string().regex(/^arn:aws:dynamodb:/, "Expected the ARN of a table or of its stream"),
  policy: z.string(),
  confirmRemoveSelfResourceAccess: z.boolean().optional(),
  region: z.string().optional(),
});

function policyProvider(tables: Tables, policies: PolicyStore): ResourceProvider {
  const put = (given: Record<string, unknown>, context: ResourceContext, revision: number): Created => {
    const { resourceArn, policy } = readInputs(policyInputs, given, context);
    if (tables.table(resourceArn) === undefined && tables.stream(resourceArn) === undefined) {
      throw new AwsError("ResourceNotFoundException", `Requested resource not found: ${resourceArn}`);
    }
    policies.setResourcePolicy(resourceArn, policy);
    return { id: resourceArn, outputs: { resourceArn, policy, revisionId: String(revision) } };
  };
  return {
    create: (given, context) => put(given, context, 1),
    update: (id, given, previous, context) => {
      if (given["resourceArn"] !== id) throw invalidValue(`the policy of ${id} cannot be moved to another resource`);
      return put(given, context, Number(previous.outputs["revisionId"]) + 1);
    },
    delete: (id) => policies.setResourcePolicy(id, undefined),
  };
}

export function providers(
  tables: Tables,
  sink: RecordSink,
  policies: PolicyStore,
): Readonly<Record<string, ResourceProvider>> {
  return {
    "aws:dynamodb/table:Table": tableProvider(tables),
    "aws:dynamodb/kinesisStreamingDestination:KinesisStreamingDestination": destinationProvider(tables, sink, policies),
    "aws:dynamodb/resourcePolicy:ResourcePolicy": policyProvider(tables, policies),
  };
}
