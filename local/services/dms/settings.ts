/**
 * A task's settings: the groups of the guide's "Specifying task settings", with its defaults. What the laptop cloud does not
 * do is refused, unless it is off. https://docs.aws.amazon.com/dms/latest/userguide/CHAP_Tasks.CustomizingTasks.TaskSettings.html
 */
import { z } from "zod";
import { AwsError } from "../../core/service";

const off = z.literal(false, "Only false is supported").default(false);
const empty = z.literal("", "Only the empty text is supported").default("");
const none = z.null("Only null is supported").default(null);
const flag = (value: boolean) => z.boolean().default(value);
const int = (value: number, min: number, max: number) => z.number().int().min(min).max(max).default(value);
const anything = z.unknown().optional();

const dataPolicy = z.enum(["IGNORE_RECORD", "LOG_ERROR", "SUSPEND_TABLE", "STOP_TASK"]);
const tablePolicy = z.enum(["SUSPEND_TABLE", "STOP_TASK"]);

const shape = z.strictObject({
  TargetMetadata: z
    .strictObject({
      TargetSchema: empty,
      SupportLobs: flag(true),
      // Kinesis and S3 know the limited mode only.
      FullLobMode: off,
      LobChunkSize: int(64, 0, 102_400),
      LimitedSizeLobMode: flag(true),
      /** KB. */
      LobMaxSize: int(32, 1, 102_400),
      InlineLobMaxSize: z.literal(0, "Only 0 is supported").default(0),
      LoadMaxFileSize: z.literal(0, "Only 0 is supported").default(0),
      ParallelLoadThreads: int(0, 0, 32),
      ParallelLoadBufferSize: int(0, 0, 1000),
      ParallelLoadQueuesPerThread: int(1, 1, 512),
      ParallelApplyThreads: int(0, 0, 32),
      ParallelApplyBufferSize: int(100, 0, 1000),
      ParallelApplyQueuesPerThread: int(1, 1, 512),
      BatchApplyEnabled: off,
      TaskRecoveryTableEnabled: off,
    })
    .prefault({}),
  FullLoadSettings: z
    .strictObject({
      TargetTablePrepMode: z.enum(["DO_NOTHING", "DROP_AND_CREATE", "TRUNCATE_BEFORE_LOAD"]).default("DROP_AND_CREATE"),
      CreatePkAfterFullLoad: off,
      StopTaskCachedChangesApplied: off,
      StopTaskCachedChangesNotApplied: off,
      MaxFullLoadSubTasks: int(8, 1, 49),
      TransactionConsistencyTimeout: int(600, 0, 86_400),
      CommitRate: int(10_000, 1, 50_000),
    })
    .prefault({}),
  Logging: z
    .strictObject({
      EnableLogging: flag(false),
      EnableLogContext: flag(false),
      LogComponents: z.array(z.strictObject({ Id: z.string(), Severity: z.string() })).optional(),
    })
    .prefault({}),
  ControlTablesSettings: z
    .strictObject({
      ControlSchema: empty,
      HistoryTimeslotInMinutes: int(5, 1, 10_000),
      HistoryTableEnabled: off,
      SuspendedTablesTableEnabled: off,
      StatusTableEnabled: off,
      FullLoadExceptionTableEnabled: off,
      CommitPositionTableEnabled: off,
    })
    .prefault({}),
  // Sizes of buffers on the replication instance: nothing to be seen from outside.
  StreamBufferSettings: z
    .strictObject({
      StreamBufferCount: int(3, 1, 1000),
      StreamBufferSizeInMB: int(8, 1, 1000),
      CtrlStreamBufferSizeInMB: int(5, 1, 8),
    })
    .prefault({}),
  // All but the memory limits is for batch apply, which Kinesis does not support.
  ChangeProcessingTuning: z
    .strictObject({
      BatchApplyPreserveTransaction: flag(true),
      BatchApplyTimeoutMin: int(1, 0, 10_000),
      BatchApplyTimeoutMax: int(30, 0, 10_000),
      BatchApplyMemoryLimit: int(500, 0, 100_000),
      BatchSplitSize: int(0, 0, 1_000_000),
      MinTransactionSize: int(1000, 0, 1_000_000),
      CommitTimeout: int(1, 0, 10_000),
      MemoryLimitTotal: int(1024, 0, 1_000_000),
      MemoryKeepTime: int(60, 0, 100_000),
      StatementCacheSize: int(50, 0, 200),
    })
    .prefault({}),
  ChangeProcessingDdlHandlingPolicy: z
    .strictObject({
      HandleSourceTableDropped: flag(true),
      HandleSourceTableTruncated: flag(true),
      HandleSourceTableAltered: flag(true),
    })
    .prefault({}),
  BeforeImageSettings: z
    .strictObject({
      EnableBeforeImage: flag(false),
      FieldName: z.string().default(""),
      ColumnFilter: z.enum(["pk-only", "non-lob", "all"]).default("pk-only"),
    })
    .nullable()
    .default(null),
  ErrorBehavior: z
    .strictObject({
      DataErrorPolicy: dataPolicy.default("LOG_ERROR"),
      DataTruncationErrorPolicy: dataPolicy.default("LOG_ERROR"),
      DataErrorEscalationPolicy: tablePolicy.default("SUSPEND_TABLE"),
      DataErrorEscalationCount: int(0, 0, 1_000_000),
      EventErrorPolicy: z.enum(["IGNORE", "STOP_TASK"]).default("IGNORE"),
      TableErrorPolicy: tablePolicy.default("SUSPEND_TABLE"),
      TableErrorEscalationPolicy: z.literal("STOP_TASK").default("STOP_TASK"),
      TableErrorEscalationCount: int(0, 0, 1_000_000),
      RecoverableErrorCount: int(-1, -1, 1_000_000),
      /** Seconds. */
      RecoverableErrorInterval: int(5, 0, 86_400),
      RecoverableErrorThrottling: flag(true),
      RecoverableErrorThrottlingMax: int(1800, 0, 86_400),
      RecoverableErrorStopRetryAfterThrottlingMax: flag(true),
      // How conflicts with rows of the target are handled: a stream has none.
      ApplyErrorDeletePolicy: dataPolicy.default("IGNORE_RECORD"),
      ApplyErrorInsertPolicy: z.enum([...dataPolicy.options, "INSERT_RECORD"]).default("LOG_ERROR"),
      ApplyErrorUpdatePolicy: z.enum([...dataPolicy.options, "UPDATE_RECORD"]).default("LOG_ERROR"),
      ApplyErrorEscalationPolicy: z.enum(["LOG_ERROR", "SUSPEND_TABLE", "STOP_TASK"]).default("LOG_ERROR"),
      ApplyErrorEscalationCount: int(0, 0, 1_000_000),
      ApplyErrorFailOnTruncationDdl: flag(false),
      FullLoadIgnoreConflicts: flag(true),
      FailOnTransactionConsistencyBreached: off,
      FailOnNoTablesCaptured: flag(true),
    })
    .prefault({}),
  ValidationSettings: z.object({ EnableValidation: off, ValidationOnly: off }).prefault({}),
  TTSettings: z.strictObject({ EnableTT: off, TTS3Settings: anything, TTRecordSettings: anything }).prefault({}),
  LoopbackPreventionSettings: none,
  CharacterSetSettings: none,
  PostProcessingRules: none,
  FailTaskWhenCleanTaskResourceFailed: off,
});

export type TaskSettings = z.output<typeof shape>;

const invalid = (message: string): AwsError => new AwsError("InvalidParameterValueException", message);

/** Parses JSON that must be an object; `what` names it in the error. */
export function parseObject(text: string, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalid(`${what} are not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(`${what} are no JSON object.`);
  return { ...value };
}

/** Reads `value` with the schema, or says where it is wrong. */
export function checked<Schema extends z.ZodType>(schema: Schema, value: unknown, what: string): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const at = issue?.path.map(String).join(".") ?? "";
  if (issue?.code === "unrecognized_keys") {
    const names = issue.keys.map((key) => (at === "" ? key : `${at}.${key}`)).join(", ");
    throw invalid(`${what}: ${names} is not known to the local DMS.`);
  }
  throw invalid(`${what}: ${at === "" ? "" : `${at}: `}${issue?.message ?? "invalid"}.`);
}

/**
 * The settings with the guide's defaults for what is left out.
 * @throws AwsError InvalidParameterValueException that names the setting.
 */
export function readTaskSettings(text: string | undefined, hasChanges: boolean): TaskSettings {
  const given = text === undefined || text === "" ? {} : parseObject(text, "Replication task settings");
  const settings = checked(shape, given, "Replication task settings");
  const image = settings.BeforeImageSettings;
  if (image?.EnableBeforeImage === true) {
    if (image.FieldName === "") throw invalid("BeforeImageSettings.FieldName is required with EnableBeforeImage.");
    if (!hasChanges) throw invalid("BeforeImageSettings apply only to tasks that replicate changes.");
  }
  if (settings.Logging.EnableLogContext && !settings.Logging.EnableLogging) {
    throw invalid("Logging.EnableLogContext needs EnableLogging.");
  }
  return settings;
}
