/** A function as the Pulumi program declares it. Arguments: @pulumi/aws 7, `aws.lambda.Function`. */
import { z } from "zod";
import { readInputs } from "../../core/inputs";
import { AwsError, type ResourceContext, type Scope } from "../../core/service";

const LEVELS = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"] as const;

/** What an archive becomes on its way from the program: a folder with its files. */
const archive = z.strictObject({ folder: z.string(), zipBytes: z.number(), hash: z.string() });

const shape = z.strictObject({
  name: z
    .string()
    .regex(/^[a-zA-Z0-9_-]{1,64}$/, "Expected 1 to 64 letters, digits, - and _")
    .optional(),
  role: z.string().regex(/^arn:aws:iam::\d{12}:role\//, "Expected the ARN of a role"),
  handler: z.string().regex(/^[^.]+\.[^.]+$/, "Expected <file>.<export>"),
  runtime: z.string().regex(/^nodejs\d+\.x$/, "Only Node.js runs locally"),
  code: archive,
  packageType: z.literal("Zip").default("Zip"),
  /** Megabytes. */
  memorySize: z.number().int().min(128).max(10_240).default(128),
  /** Seconds. */
  timeout: z.number().int().min(1).max(900).default(3),
  environment: z.strictObject({ variables: z.record(z.string(), z.string()).default({}) }).optional(),
  loggingConfig: z
    .strictObject({
      logFormat: z.enum(["JSON", "Text"]),
      logGroup: z.string().optional(),
      applicationLogLevel: z.enum(LEVELS).optional(),
      // Of Lambda's own messages; there are none here.
      systemLogLevel: z.string().optional(),
    })
    .optional(),
  reservedConcurrentExecutions: z.number().int().min(-1).default(-1),
  publish: z.literal(false).optional(),
  region: z.string().optional(),
  // What follows changes nothing on one machine.
  architectures: z
    .array(z.enum(["x86_64", "arm64"]))
    .length(1)
    .default(["x86_64"]),
  description: z.string().optional(),
  ephemeralStorage: z.unknown().optional(),
  sourceCodeHash: z.string().optional(),
  tags: z.unknown().optional(),
  tracingConfig: z.unknown().optional(),
  skipDestroy: z.boolean().optional(),
});

export interface FunctionSettings extends Scope {
  readonly name: string;
  readonly arn: string;
  readonly role: string;
  readonly handler: string;
  readonly runtime: string;
  readonly folder: string;
  readonly codeSize: number;
  /** Base64, as Lambda says it. */
  readonly codeSha256: string;
  readonly memorySize: number;
  readonly timeout: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly architectures: readonly string[];
  readonly description: string;
  readonly logGroup: string;
  readonly logFormat: "JSON" | "Text";
  readonly logLevel: (typeof LEVELS)[number];
  /** -1 if none is reserved. */
  readonly reserved: number;
}

/** https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime */
const RESERVED =
  /^(_HANDLER|_X_AMZN_TRACE_ID|AWS_(DEFAULT_)?REGION|AWS_EXECUTION_ENV|AWS_LAMBDA_(FUNCTION_(NAME|MEMORY_SIZE|VERSION)|INITIALIZATION_TYPE|LOG_(GROUP|STREAM)_NAME|RUNTIME_API)|AWS_ACCESS_KEY(_ID)?|AWS_SECRET_ACCESS_KEY|AWS_SESSION_TOKEN|LAMBDA_(TASK_ROOT|RUNTIME_DIR))$/;
const VARIABLES_LIMIT = 4096;

export const functionArn = ({ account, region }: Scope, name: string): string =>
  `arn:aws:lambda:${region}:${account}:function:${name}`;

export const invalid = (message: string): AwsError => new AwsError("InvalidParameterValueException", message);

function checkVariables(variables: Readonly<Record<string, string>>): void {
  const words =
    "Lambda was unable to configure your environment variables because the environment variables you have provided ";
  const reserved = Object.keys(variables).filter((name) => RESERVED.test(name));
  if (reserved.length > 0) {
    throw invalid(
      `${words}contains reserved keys that are currently not supported for modification. ` +
        `Reserved keys used in this request: ${reserved.join(", ")}`,
    );
  }
  const bad = Object.keys(variables).find((name) => !/^[a-zA-Z][a-zA-Z0-9_]+$/.test(name));
  if (bad !== undefined) {
    throw invalid(
      `The environment variable "${bad}" must begin with a letter and have two or more letters, digits or _.`,
    );
  }
  const text = JSON.stringify(variables);
  if (Buffer.byteLength(text) > VARIABLES_LIMIT) {
    throw invalid(`${words}exceeded the 4KB limit. Size measured: ${Buffer.byteLength(text)} bytes.`);
  }
}

/** @throws an `AwsError` that names what is wrong. */
export function functionSettings(raw: Record<string, unknown>, context: ResourceContext): FunctionSettings {
  const inputs = readInputs(shape, raw, context);
  const { account, region } = context;
  const name = inputs.name ?? context.autoName;
  const variables = inputs.environment?.variables ?? {};
  checkVariables(variables);
  if (inputs.reservedConcurrentExecutions === 0) {
    throw invalid(
      `local lambda: a function that may never run (reservedConcurrentExecutions 0) is not supported (${name}).`,
    );
  }
  if (inputs.loggingConfig?.applicationLogLevel !== undefined && inputs.loggingConfig.logFormat !== "JSON") {
    throw invalid("Log level filtering cannot be configured when the log format is Text.");
  }
  return {
    account,
    region,
    name,
    arn: functionArn(context, name),
    role: inputs.role,
    handler: inputs.handler,
    runtime: inputs.runtime,
    folder: inputs.code.folder,
    codeSize: inputs.code.zipBytes,
    codeSha256: Buffer.from(inputs.code.hash, "hex").toString("base64"),
    memorySize: inputs.memorySize,
    timeout: inputs.timeout,
    variables,
    architectures: inputs.architectures,
    description: inputs.description ?? "",
    logGroup: inputs.loggingConfig?.logGroup ?? `/aws/lambda/${name}`,
    logFormat: inputs.loggingConfig?.logFormat ?? "Text",
    logLevel: inputs.loggingConfig?.applicationLogLevel ?? "INFO",
    reserved: inputs.reservedConcurrentExecutions,
  };
}
