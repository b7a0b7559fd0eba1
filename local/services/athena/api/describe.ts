/** A query execution as the API shows it: https://docs.aws.amazon.com/athena/latest/APIReference/API_QueryExecution.html */
import type { Statement } from "../sql/ast";
import { QueryError } from "../sql/errors";
import type { Execution } from "./executions";
import { engineVersion } from "./workgroups";

const KINDS: Readonly<Record<Statement["kind"], readonly [type: string, substatement: string]>> = {
  query: ["DML", "SELECT"],
  unload: ["DML", "UNLOAD"],
  "create view": ["DDL", "CREATE_VIEW"],
  "drop view": ["DDL", "DROP_VIEW"],
  "show tables": ["UTILITY", "SHOW_TABLES"],
  "show views": ["UTILITY", "SHOW_VIEWS"],
  "show columns": ["UTILITY", "SHOW_COLUMNS"],
  "show create view": ["UTILITY", "SHOW_CREATE_VIEW"],
  describe: ["UTILITY", "DESCRIBE_TABLE"],
};

export function describeExecution(execution: Execution): Record<string, unknown> {
  const { submitted, started, planned, completed, outcome } = execution;
  const { statement } = execution;
  const [type, substatement] = statement instanceof QueryError ? [] : KINDS[statement.kind];
  const result = outcome?.result ?? execution.output;
  const end = completed ?? Date.now();
  const begin = started ?? end;
  return {
    QueryExecutionId: execution.id,
    Query: execution.query,
    StatementType: type,
    SubstatementType: substatement,
    ResultConfiguration: {
      OutputLocation: `s3://${result.bucket}/${result.key}`,
      EncryptionConfiguration: execution.encryption,
      ExpectedBucketOwner: execution.expectedBucketOwner,
    },
    ResultReuseConfiguration: {
      ResultReuseByAgeConfiguration: {
        Enabled: execution.reuseFor !== undefined,
        MaxAgeInMinutes: execution.reuseFor,
      },
    },
    QueryExecutionContext: { Database: execution.database, Catalog: execution.catalog },
    Status: {
      State: execution.state,
      StateChangeReason: execution.reason,
      SubmissionDateTime: submitted / 1000,
      CompletionDateTime: completed === undefined ? undefined : completed / 1000,
      AthenaError: execution.error,
    },
    Statistics: {
      EngineExecutionTimeInMillis: started === undefined ? 0 : end - begin,
      DataScannedInBytes: execution.bytes,
      TotalExecutionTimeInMillis: end - submitted,
      QueryQueueTimeInMillis: begin - submitted,
      QueryPlanningTimeInMillis: planned === undefined ? undefined : planned - begin,
      ServicePreProcessingTimeInMillis: 0,
      ServiceProcessingTimeInMillis: 0,
      ResultReuseInformation: { ReusedPreviousResult: outcome?.isReused ?? false },
    },
    WorkGroup: execution.workgroup.name,
    EngineVersion: engineVersion(execution.workgroup),
    ExecutionParameters: execution.parameters.length > 0 ? execution.parameters : undefined,
  };
}
