/** The operations of Athena's API: https://docs.aws.amazon.com/athena/latest/APIReference/API_Operations.html */
import { join } from "node:path";
import { z } from "zod";
import type { ObjectStore } from "../../../core/contracts";
import { readRequest } from "../../../core/requests";
import { AwsError, type Call, type JsonApi } from "../../../core/service";
import { QueryError } from "../sql/errors";
import { kmsRequest } from "../run/execution";
import { parseStatement } from "../sql/statements";
import { readCsv } from "./csv";
import { describeExecution } from "./describe";
import type { Execution, Executions, Request } from "./executions";
import { describeNamedQuery, type NamedQueries } from "./namedQueries";
import { describeWorkgroup, engineVersion, invalidRequest, workgroupArn, type Workgroups } from "./workgroups";

const MOST_ROWS = 1000;

const encryption = z.strictObject({ EncryptionOption: z.enum(["SSE_S3", "SSE_KMS"]), KmsKey: z.string().optional() });
const workgroup = z.string().min(1).max(128).default("primary");
const token = z.string().min(32).max(128).optional();
const page = (most: number) => ({
  NextToken: z.string().optional(),
  MaxResults: z.number().int().min(1).max(most).default(most),
});

const shapes = {
  start: z.strictObject({
    QueryString: z.string().min(1).max(262_144),
    ClientRequestToken: token,
    QueryExecutionContext: z
      .strictObject({ Catalog: z.string().optional(), Database: z.string().optional() })
      .default({}),
    ResultConfiguration: z
      .strictObject({
        OutputLocation: z
          .string()
          .regex(/^s3:\/\/[^/]+/, "Expected s3://<bucket>/<prefix>")
          .optional(),
        EncryptionConfiguration: encryption.optional(),
        ExpectedBucketOwner: z.string().optional(),
      })
      .default({}),
    WorkGroup: workgroup,
    ExecutionParameters: z.array(z.string()).default([]),
    ResultReuseConfiguration: z
      .strictObject({
        ResultReuseByAgeConfiguration: z
          .strictObject({ Enabled: z.boolean(), MaxAgeInMinutes: z.number().int().min(0).max(10_080).default(60) })
          .optional(),
      })
      .default({}),
  }),
  execution: z.strictObject({ QueryExecutionId: z.string() }),
  results: z.strictObject({
    QueryExecutionId: z.string(),
    QueryResultType: z.literal("DATA_ROWS").optional(),
    ...page(MOST_ROWS),
  }),
  executions: z.strictObject({ WorkGroup: workgroup, ...page(50) }),
  batchExecutions: z.strictObject({ QueryExecutionIds: z.array(z.string()).min(1).max(50) }),
  workgroup: z.strictObject({ WorkGroup: z.string() }),
  workgroups: z.strictObject(page(50)),
  createNamed: z.strictObject({
    Name: z.string().min(1).max(128),
    Description: z.string().max(1024).optional(),
    Database: z.string().min(1).max(255),
    QueryString: z.string().min(1).max(262_144),
    ClientRequestToken: token,
    WorkGroup: workgroup,
  }),
  named: z.strictObject({ NamedQueryId: z.string() }),
  batchNamed: z.strictObject({ NamedQueryIds: z.array(z.string()).min(1).max(50) }),
  allNamed: z.strictObject({ WorkGroup: workgroup, ...page(50) }),
};

export interface OperationDeps {
  readonly executions: Executions;
  readonly workgroups: Workgroups;
  readonly namedQueries: NamedQueries;
  readonly objects: ObjectStore;
}

function paged<T>(all: readonly T[], { NextToken, MaxResults }: { NextToken?: string; MaxResults: number }) {
  const start = NextToken === undefined ? 0 : placeOf(NextToken);
  const end = start + MaxResults;
  return { items: all.slice(start, end), ...(end < all.length ? { NextToken: tokenOf(end) } : {}) };
}

const tokenOf = (place: number): string => Buffer.from(String(place)).toString("base64");

function placeOf(text: string): number {
  const place = Number(Buffer.from(text, "base64").toString());
  if (!Number.isSafeInteger(place) || place < 0) throw invalidRequest("The NextToken is not one that was given out.");
  return place;
}

/** A statement that Trino's grammar refuses is no query execution at all; one that is not supported is one that fails. */
function parse(query: string, parameters: readonly string[]): Request["statement"] {
  try {
    return parseStatement(query, parameters);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    if (error.code !== "SYNTAX_ERROR") return error;
    throw invalidRequest(error.message.replace(/^SYNTAX_ERROR: /, ""), { AthenaErrorCode: "MALFORMED_QUERY" });
  }
}

export function athenaOperations({
  executions,
  workgroups,
  namedQueries,
  objects,
}: OperationDeps): JsonApi["operations"] {
  const read = <Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> =>
    readRequest(schema, input, "athena", "InvalidRequestException");
  const ask = (call: Call, action: string, name: string): void =>
    call.authorize(`athena:${action}`, workgroupArn(call, name));
  const asked = (call: Call, action: string, id: string): Execution => {
    const execution = executions.find(call, id);
    if (!execution) throw invalidRequest(`QueryExecution ${id} was not found`);
    ask(call, action, execution.workgroup.name);
    return execution;
  };

  return {
    StartQueryExecution(raw, call) {
      const input = read(shapes.start, raw);
      ask(call, "StartQueryExecution", input.WorkGroup);
      const group = workgroups.find(call, input.WorkGroup);
      if (group.state === "DISABLED") throw invalidRequest(`WorkGroup ${group.name} is disabled.`);
      const { Catalog: catalog, Database: database } = input.QueryExecutionContext;
      if (catalog !== undefined && catalog.toLowerCase() !== "awsdatacatalog") {
        throw invalidRequest(`local athena: the data catalog ${catalog} is not supported (there is AwsDataCatalog).`);
      }
      const given = group.enforced ? {} : input.ResultConfiguration;
      const location = given.OutputLocation ?? group.outputLocation;
      if (location === undefined) {
        throw invalidRequest(
          "No output location provided. An output location is required either through the Workgroup result configuration setting or as an API input.",
        );
      }
      const reuse = input.ResultReuseConfiguration.ResultReuseByAgeConfiguration;
      const request: Omit<Request, "statement"> = {
        query: input.QueryString,
        parameters: input.ExecutionParameters,
        database,
        catalog,
        workgroup: group,
        location,
        encryption: given.EncryptionConfiguration ?? group.encryption,
        expectedBucketOwner: given.ExpectedBucketOwner ?? group.expectedBucketOwner,
        reuseFor: reuse?.Enabled === true ? reuse.MaxAgeInMinutes : undefined,
        token: input.ClientRequestToken,
      };
      const earlier = request.token === undefined ? undefined : executions.withToken(call, request.token);
      if (earlier) {
        const same = (a: Omit<Request, "statement">): string =>
          JSON.stringify([a.query, a.parameters, a.database, a.workgroup.name, a.location]);
        if (same(earlier) !== same(request)) throw invalidRequest("Idempotent parameters do not match");
        return { QueryExecutionId: earlier.id };
      }
      const statement = parse(request.query, request.parameters);
      return { QueryExecutionId: executions.start({ ...request, statement }, call.principal, call).id };
    },

    GetQueryExecution(raw, call) {
      const input = read(shapes.execution, raw);
      return { QueryExecution: describeExecution(asked(call, "GetQueryExecution", input.QueryExecutionId)) };
    },

    BatchGetQueryExecution(raw, call) {
      const { QueryExecutionIds: ids } = read(shapes.batchExecutions, raw);
      const found = ids.flatMap((id) => executions.find(call, id) ?? []);
      for (const { workgroup: group } of found) ask(call, "BatchGetQueryExecution", group.name);
      return {
        QueryExecutions: found.map(describeExecution),
        UnprocessedQueryExecutionIds: ids
          .filter((id) => executions.find(call, id) === undefined)
          .map((id) => ({
            QueryExecutionId: id,
            ErrorCode: "INVALID_QUERY_EXECUTION_ID",
            ErrorMessage: `QueryExecution ${id} was not found`,
          })),
      };
    },

    StopQueryExecution(raw, call) {
      const input = read(shapes.execution, raw);
      executions.stop(asked(call, "StopQueryExecution", input.QueryExecutionId));
      return {};
    },

    async GetQueryResults(raw, call) {
      const input = read(shapes.results, raw);
      const execution = asked(call, "GetQueryResults", input.QueryExecutionId);
      return results(execution, input, call, objects);
    },

    ListQueryExecutions(raw, call) {
      const input = read(shapes.executions, raw);
      ask(call, "ListQueryExecutions", input.WorkGroup);
      workgroups.find(call, input.WorkGroup);
      const { items, ...next } = paged(executions.in(call, input.WorkGroup), input);
      return { QueryExecutionIds: items.map(({ id }) => id), ...next };
    },

    GetWorkGroup(raw, call) {
      const { WorkGroup: name } = read(shapes.workgroup, raw);
      ask(call, "GetWorkGroup", name);
      return { WorkGroup: describeWorkgroup(workgroups.find(call, name)) };
    },

    ListWorkGroups(raw, call) {
      const input = read(shapes.workgroups, raw);
      call.authorize("athena:ListWorkGroups", "*");
      const { items, ...next } = paged(workgroups.all(call), input);
      const summaries = items.map((group) => ({
        Name: group.name,
        State: group.state,
        Description: group.description,
        CreationTime: group.created / 1000,
        EngineVersion: engineVersion(group),
      }));
      return { WorkGroups: summaries, ...next };
    },

    CreateNamedQuery(raw, call) {
      const input = read(shapes.createNamed, raw);
      ask(call, "CreateNamedQuery", input.WorkGroup);
      const query = namedQueries.create(call, {
        name: input.Name,
        description: input.Description,
        database: input.Database,
        query: input.QueryString,
        workgroup: input.WorkGroup,
      });
      return { NamedQueryId: query.id };
    },

    GetNamedQuery(raw, call) {
      const { NamedQueryId: id } = read(shapes.named, raw);
      const query = namedQueries.existing(call, id);
      ask(call, "GetNamedQuery", query.workgroup);
      return { NamedQuery: describeNamedQuery(query) };
    },

    BatchGetNamedQuery(raw, call) {
      const { NamedQueryIds: ids } = read(shapes.batchNamed, raw);
      const found = ids.flatMap((id) => namedQueries.find(call, id) ?? []);
      for (const query of found) ask(call, "BatchGetNamedQuery", query.workgroup);
      return {
        NamedQueries: found.map(describeNamedQuery),
        UnprocessedNamedQueryIds: ids
          .filter((id) => namedQueries.find(call, id) === undefined)
          .map((id) => ({
            NamedQueryId: id,
            ErrorCode: "INVALID_NAMED_QUERY_ID",
            ErrorMessage: `NamedQuery ${id} was not found`,
          })),
      };
    },

    ListNamedQueries(raw, call) {
      const input = read(shapes.allNamed, raw);
      ask(call, "ListNamedQueries", input.WorkGroup);
      workgroups.find(call, input.WorkGroup);
      const { items, ...next } = paged(namedQueries.in(call, input.WorkGroup), input);
      return { NamedQueryIds: items.map(({ id }) => id), ...next };
    },
  };
}

/** A page of a result. The first row of a query's first page repeats the names of the columns. */
async function results(
  execution: Execution,
  input: { NextToken?: string; MaxResults: number },
  call: Call,
  objects: ObjectStore,
): Promise<unknown> {
  const { state, outcome } = execution;
  if (state === "QUEUED" || state === "RUNNING") {
    throw invalidRequest(`Query has not yet finished. Current state: ${state}`);
  }
  if (!outcome) throw invalidRequest(`Query did not finish successfully. Final query state: ${state}`);
  const start = input.NextToken === undefined ? 0 : placeOf(input.NextToken);
  const shape = (rows: readonly (readonly (string | null)[])[], next: number | undefined): unknown => ({
    UpdateCount: 0,
    ResultSet: {
      Rows: rows.map((row) => ({ Data: row.map((value) => (value === null ? {} : { VarCharValue: value })) })),
      ResultSetMetadata: { ColumnInfo: outcome.columns },
    },
    NextToken: next === undefined ? undefined : tokenOf(next),
  });
  const { result } = outcome;
  if (!result) {
    const end = start + input.MaxResults;
    const lines = outcome.lines.slice(start, end).map((line) => [line]);
    return shape(lines, end < outcome.lines.length ? end : undefined);
  }
  try {
    if (execution.encryption?.KmsKey !== undefined) {
      const [arn, context] = kmsRequest(execution.encryption.KmsKey, call, call.principal);
      call.authorize("kms:Decrypt", arn, context);
    }
    objects.authorizeRead(call.principal, result.bucket, result.key);
    const page = await readCsv(join(objects.folder(result.bucket), result.key), start, input.MaxResults);
    return shape(page.rows, page.next);
  } catch (error) {
    const path = `s3://${result.bucket}/${result.key}`;
    if (error instanceof AwsError && /AccessDenied/.test(error.code)) {
      throw invalidRequest(`Access denied when reading from location: ${path} (${error.message})`);
    }
    if (error instanceof AwsError) throw invalidRequest(`Could not find results at ${path} (${error.message})`);
    throw error;
  }
}
