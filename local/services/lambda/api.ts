/** Lambda's REST API, as far as operators of the pipeline use it. https://docs.aws.amazon.com/lambda/latest/api/ */
import {
  AwsError,
  type Call,
  type HttpApi,
  type HttpRequest,
  type HttpResponse,
  type Json,
  type JsonObject,
} from "../../core/service";
import type { LocalFunction } from "./function";
import { PAYLOAD_LIMIT } from "./gathering";
import { type Functions, resolveFunction } from "./functions";
import type { Mapping } from "./mapping";
import type { Mappings } from "./mappings";
import { invalid } from "./settings";

const PAGE = 100;

const json = (status: number, body: JsonObject): HttpResponse => ({
  status,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});

function configuration({ settings, lastModified }: LocalFunction): JsonObject {
  return {
    FunctionName: settings.name,
    FunctionArn: settings.arn,
    Runtime: settings.runtime,
    Role: settings.role,
    Handler: settings.handler,
    CodeSize: settings.codeSize,
    CodeSha256: settings.codeSha256,
    Description: settings.description,
    Timeout: settings.timeout,
    MemorySize: settings.memorySize,
    LastModified: lastModified.toISOString().replace("Z", "+0000"),
    Version: "$LATEST",
    Environment: { Variables: { ...settings.variables } },
    PackageType: "Zip",
    Architectures: [...settings.architectures],
    State: "Active",
    LastUpdateStatus: "Successful",
    LoggingConfig: {
      LogFormat: settings.logFormat,
      LogGroup: settings.logGroup,
      ...(settings.logFormat === "JSON" ? { ApplicationLogLevel: settings.logLevel } : {}),
    },
  };
}

const mappingArn = ({ region, account }: Call, uuid: string): string =>
  `arn:aws:lambda:${region}:${account}:event-source-mapping:${uuid}`;

function parseBody(body: Buffer): Json {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError("InvalidRequestContentException", `Could not parse request body into json: ${reason}`);
  }
}

async function invoke(
  functions: Functions,
  name: string,
  { headers, query, body }: HttpRequest,
  call: Call,
): Promise<HttpResponse> {
  const qualifier = query.get("Qualifier");
  const arn = resolveFunction(qualifier === null ? name : `${name}:${qualifier}`, call);
  call.authorize("lambda:InvokeFunction", arn);
  const invocationType = headers["x-amz-invocation-type"] ?? "RequestResponse";
  if (invocationType !== "RequestResponse") {
    throw invalid(`local lambda: the invocation type ${invocationType} is not supported, only RequestResponse.`);
  }
  if ((headers["x-amz-log-type"] ?? "None") !== "None") {
    throw invalid("local lambda: LogType Tail is not supported; read the function's log file.");
  }
  if (headers["x-amz-client-context"] !== undefined) throw invalid("local lambda: a ClientContext is not supported.");
  if (body.length > PAYLOAD_LIMIT) {
    throw new AwsError(
      "RequestTooLargeException",
      `${body.length} byte payload is too large for the RequestResponse invocation type (limit ${PAYLOAD_LIMIT} bytes)`,
      413,
    );
  }
  const event = body.length === 0 ? Buffer.from("{}") : body;
  parseBody(event);
  const called = functions.existing(arn);
  // https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
  if (called.isFull)
    throw new AwsError("TooManyRequestsException", "Rate Exceeded.", 429, {
      Reason: "ReservedFunctionConcurrentInvocationLimitExceeded",
    });
  const { payload, failed } = await called.invoke([event]);
  return {
    status: 200,
    headers: {
      "content-type": "application/json",
      "x-amz-executed-version": "$LATEST",
      ...(failed ? { "x-amz-function-error": "Unhandled" } : {}),
    },
    body: payload,
  };
}

function list(mappings: Mappings, query: URLSearchParams, call: Call): HttpResponse {
  call.authorize("lambda:ListEventSourceMappings", "*");
  const source = query.get("EventSourceArn");
  const name = query.get("FunctionName");
  const functionArn = name === null ? undefined : resolveFunction(name, call);
  const from = Number(query.get("Marker") ?? 0);
  const page = Math.min(Number(query.get("MaxItems") ?? PAGE), PAGE);
  const found = mappings
    .in(call)
    .filter(({ settings }) => source === null || settings.eventSourceArn === source)
    .filter(({ settings }) => functionArn === undefined || settings.functionArn === functionArn);
  return json(200, {
    EventSourceMappings: found.slice(from, from + page).map(({ description }) => description),
    ...(from + page < found.length ? { NextMarker: String(from + page) } : {}),
  });
}

/** Only `Enabled` can be changed: the rest belongs to the Pulumi program. */
async function enable(mapping: Mapping, body: Buffer): Promise<HttpResponse> {
  const input = parseBody(body);
  const entries = typeof input === "object" && input !== null ? Object.entries(input) : [];
  const other = entries.find(([name, value]) => name !== "Enabled" && value !== null);
  if (other !== undefined) throw invalid(`local lambda: UpdateEventSourceMapping with ${other[0]} is not supported.`);
  const enabled: unknown = Object.fromEntries(entries)["Enabled"];
  if (typeof enabled === "boolean" && enabled !== mapping.settings.enabled) {
    await mapping.update({ ...mapping.settings, enabled });
  }
  return json(202, mapping.description);
}

export function lambdaApi(functions: Functions, mappings: Mappings): HttpApi {
  async function handle(request: HttpRequest, call: Call): Promise<HttpResponse> {
    const { method, path, query } = request;
    const [, kind, id, part] =
      /^\/2015-03-31\/(functions|event-source-mappings)(?:\/([^/]+))?(?:\/([^/]+))?\/?$/.exec(path) ?? [];
    const operation = `${method} ${kind ?? path}${id === undefined ? "" : "/*"}${part === undefined ? "" : `/${part}`}`;
    switch (operation) {
      case "POST functions/*/invocations":
        return invoke(functions, id ?? "", request, call);
      case "GET functions/*": {
        const arn = resolveFunction(id ?? "", call);
        call.authorize("lambda:GetFunction", arn);
        const found = functions.existing(arn);
        // AWS gives an address from which the zip file can be had; here it is the folder that runs.
        const code = { RepositoryType: "local", Location: `file://${found.settings.folder}` };
        return json(200, { Configuration: configuration(found), Code: code });
      }
      case "GET functions/*/configuration": {
        const arn = resolveFunction(id ?? "", call);
        call.authorize("lambda:GetFunctionConfiguration", arn);
        return json(200, configuration(functions.existing(arn)));
      }
      case "GET event-source-mappings":
        return list(mappings, query, call);
      case "GET event-source-mappings/*":
        call.authorize("lambda:GetEventSourceMapping", mappingArn(call, id ?? ""));
        return json(200, mappings.existing(id ?? "", call).description);
      case "PUT event-source-mappings/*":
        call.authorize("lambda:UpdateEventSourceMapping", mappingArn(call, id ?? ""));
        return enable(mappings.existing(id ?? "", call), request.body);
      default:
        throw new AwsError("UnknownOperationException", `local lambda: ${method} ${path} is not supported.`, 404);
    }
  }
  return {
    protocol: "http",
    signingName: "lambda",
    handle,
    renderError: ({ code, message, status, fields }) => ({
      status,
      headers: { "content-type": "application/json", "x-amzn-errortype": code },
      body: JSON.stringify({ Type: status < 500 ? "User" : "Service", Message: message, message, ...fields }),
    }),
  };
}
