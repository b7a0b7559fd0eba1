/** All functions of the cloud by ARN, and the provider that makes them. */
import { assume } from "../../core/assume";
import { AwsError, type Created, type ResourceProvider, type Scope, type Surroundings } from "../../core/service";
import { LocalFunction } from "./function";
import { functionArn, functionSettings, type FunctionSettings, invalid } from "./settings";

const ARN = /^arn:aws:lambda:([a-z0-9-]+):(\d{12}):function:([a-zA-Z0-9_-]+)(?::(.+))?$/;
const PARTIAL = /^(?:(\d{12}):function:)?([a-zA-Z0-9_-]+)(?::(.+))?$/;

/**
 * The ARN behind any of the forms in which Lambda takes a function: name, partial ARN, ARN.
 * https://docs.aws.amazon.com/lambda/latest/api/API_GetFunction.html#lambda-GetFunction-request-FunctionName
 */
export function resolveFunction(text: string, scope: Scope): string {
  const [, region = scope.region, account, name, qualifier] =
    ARN.exec(text) ??
    ((): (string | undefined)[] => {
      const [, ...partial] = PARTIAL.exec(text) ?? [];
      return [undefined, undefined, ...partial];
    })();
  if (name === undefined) throw invalid(`"${text}" is no name or ARN of a function.`);
  if (qualifier !== undefined && qualifier !== "$LATEST") {
    throw invalid(`local lambda: versions and aliases are not supported ("${text}").`);
  }
  return functionArn({ region, account: account ?? scope.account }, name);
}

export class Functions {
  private readonly byArn = new Map<string, LocalFunction>();

  constructor(private readonly surroundings: Surroundings) {}

  all(): LocalFunction[] {
    return [...this.byArn.values()];
  }

  /** Throws `ResourceNotFoundException`. */
  existing(arn: string): LocalFunction {
    const found = this.byArn.get(arn);
    if (found !== undefined) return found;
    throw new AwsError("ResourceNotFoundException", `Function not found: ${arn}`, 404);
  }

  create(settings: FunctionSettings): LocalFunction {
    const { arn, name } = settings;
    if (this.byArn.has(arn)) {
      throw new AwsError("ResourceConflictException", `Function already exist: ${name}`, 409);
    }
    this.checkRole(settings);
    const created = new LocalFunction(settings, this.surroundings);
    this.byArn.set(arn, created);
    return created;
  }

  update(existing: LocalFunction, settings: FunctionSettings): void {
    this.checkRole(settings);
    existing.update(settings);
  }

  async remove(arn: string): Promise<void> {
    const removed = this.byArn.get(arn);
    this.byArn.delete(arn);
    await removed?.close();
  }

  private checkRole({ role, arn, account }: FunctionSettings): void {
    try {
      assume(this.surroundings.authorizer, "lambda.amazonaws.com", role, {
        "aws:SourceAccount": account,
        "aws:SourceArn": arn,
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw invalid(`The role defined for the function cannot be assumed by Lambda. ${reason}`);
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.all().map((each) => each.close()));
  }
}

function created({ settings, lastModified }: LocalFunction, tags: unknown): Created {
  const { arn, name, region } = settings;
  const invoke = (target: string): string =>
    `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${target}/invocations`;
  return {
    id: name,
    outputs: {
      arn,
      name,
      region,
      version: "$LATEST",
      qualifiedArn: `${arn}:$LATEST`,
      invokeArn: invoke(arn),
      qualifiedInvokeArn: invoke(`${arn}:$LATEST`),
      lastModified: lastModified.toISOString(),
      codeSha256: settings.codeSha256,
      sourceCodeHash: settings.codeSha256,
      sourceCodeSize: settings.codeSize,
      memorySize: settings.memorySize,
      timeout: settings.timeout,
      architectures: settings.architectures,
      packageType: "Zip",
      loggingConfig: { logFormat: settings.logFormat, logGroup: settings.logGroup },
      tagsAll: tags ?? {},
    },
  };
}

export function functionProvider(functions: Functions): ResourceProvider {
  return {
    create(inputs, context) {
      return created(functions.create(functionSettings(inputs, context)), inputs["tags"]);
    },

    update(id, inputs, _previous, context) {
      const existing = functions.existing(functionArn(context, id));
      const name = inputs["name"] ?? id;
      if (name !== id) throw invalid(`A function cannot be renamed (${id} to ${String(name)}); it must be replaced.`);
      functions.update(existing, functionSettings({ ...inputs, name }, context));
      return created(existing, inputs["tags"]);
    },

    delete: (id, _previous, context) => functions.remove(functionArn(context, id)),
  };
}
