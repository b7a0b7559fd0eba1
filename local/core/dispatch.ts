/** From a raw request to the operation of a service, and from its result or error to the response. */
import { randomUUID } from "node:crypto";
import type { Principals } from "./principals";
import {
  AwsError,
  type Authorizer,
  type Call,
  type HttpApi,
  type HttpResponse,
  type JsonApi,
  type Principal,
} from "./service";
import {
  parseAuthorization,
  SignatureVerifier,
  type AuthErrorCodes,
  type Authorization,
  type RawRequest,
} from "./sigv4";

export interface RawResponse {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: Buffer | string;
}

const JSON_CODES: AuthErrorCodes = {
  unknownKey: "UnrecognizedClientException",
  badSignature: "InvalidSignatureException",
};
const S3_CODES: AuthErrorCodes = { unknownKey: "InvalidAccessKeyId", badSignature: "SignatureDoesNotMatch" };
const QUERY_CODES: AuthErrorCodes = { unknownKey: "InvalidClientTokenId", badSignature: "SignatureDoesNotMatch" };

/** What was thrown, as AWS would say it. A fault of our own becomes `InternalFailure` and names itself. */
function asAwsError(error: unknown): AwsError {
  if (error instanceof AwsError) return error;
  return new AwsError(
    "InternalFailure",
    `local endpoint: ${error instanceof Error ? error.stack : String(error)}`,
    500,
  );
}

function renderJsonError(error: AwsError, jsonVersion: string): HttpResponse {
  return {
    status: error.status,
    headers: { "content-type": `application/x-amz-json-${jsonVersion}`, "x-amzn-errortype": error.code },
    body: JSON.stringify({ __type: error.code, message: error.message, ...error.fields }),
  };
}

function parseBody(request: RawRequest): unknown {
  if (request.body.length === 0) return {};
  let input: unknown;
  try {
    input = JSON.parse(request.body.toString("utf8"));
  } catch {
    // Java clients of Kinesis speak CBOR unless told otherwise.
    const cbor = request.headers["content-type"]?.includes("cbor")
      ? " local endpoint: CBOR is not supported; set AWS_CBOR_DISABLE=true for this client."
      : "";
    throw new AwsError("SerializationException", "The request body is not valid JSON." + cbor);
  }
  if (typeof input !== "object" || input === null || Array.isArray(input)) {
    throw new AwsError("SerializationException", "The request body is not a JSON object.");
  }
  return input;
}

/** Returns the function that answers requests; it never rejects. Throws if two APIs claim the same requests. */
export function dispatcher(
  apis: readonly (JsonApi | HttpApi)[],
  deps: { principals: Principals; authorizer: Authorizer },
): (request: RawRequest) => Promise<RawResponse> {
  const jsonApis = new Map<string, JsonApi>();
  const httpApis = new Map<string, HttpApi>();
  const claim = <T>(map: Map<string, T>, key: string, api: T): void => {
    if (map.has(key)) throw new Error(`Two services answer to "${key}"; each API may be given once`);
    map.set(key, api);
  };
  for (const api of apis) {
    if (api.protocol === "json") claim(jsonApis, api.targetPrefix, api);
    else claim(httpApis, api.signingName, api);
  }
  const verifier = new SignatureVerifier(deps.principals);

  const callOf = (principal: Principal, region: string): Call => ({
    principal,
    account: principal.account,
    region,
    authorize: (action, resource, context) => deps.authorizer.check(principal, action, resource, context),
  });

  async function answerJson(request: RawRequest, target: string): Promise<HttpResponse> {
    const dot = target.lastIndexOf(".");
    const api = jsonApis.get(target.slice(0, dot));
    try {
      if (!api)
        throw new AwsError(
          "UnknownOperationException",
          `local endpoint: no service answers to the target "${target}".`,
        );
      const auth = authorizationOf(request);
      if (auth.service !== api.signingName) {
        throw new AwsError(
          "InvalidSignatureException",
          `Credential should be scoped to correct service: '${api.signingName}'.`,
          403,
        );
      }
      const principal = verifier.verify(request, auth, JSON_CODES);
      const name = target.slice(dot + 1);
      const operation = Object.hasOwn(api.operations, name) ? api.operations[name] : undefined;
      if (!operation)
        throw new AwsError(
          "UnknownOperationException",
          `local ${api.signingName}: the operation ${name} is not supported.`,
        );
      // The operation's own input type is what it hopes for; it checks what it is given.
      const result = await operation(parseBody(request) as never, callOf(principal, auth.region));
      return {
        status: 200,
        headers: { "content-type": `application/x-amz-json-${api.jsonVersion}` },
        body: result === undefined ? "" : JSON.stringify(result),
      };
    } catch (error) {
      return renderJsonError(asAwsError(error), api?.jsonVersion ?? "1.1");
    }
  }

  async function answerHttp(request: RawRequest, auth: Authorization, api: HttpApi): Promise<HttpResponse> {
    try {
      const principal = verifier.verify(request, auth, auth.service === "s3" ? S3_CODES : QUERY_CODES);
      const url = splitTarget(request.target);
      const { method, headers, body } = request;
      return await api.handle({ method, headers, body, ...url }, callOf(principal, auth.region));
    } catch (error) {
      return api.renderError(asAwsError(error));
    }
  }

  async function answer(request: RawRequest): Promise<HttpResponse> {
    const target = request.headers["x-amz-target"];
    if (target !== undefined) return answerJson(request, target);
    try {
      const auth = authorizationOf(request);
      const api = httpApis.get(auth.service);
      if (api) return await answerHttp(request, auth, api);
      throw new AwsError(
        "UnknownOperationException",
        `local endpoint: no service signs its requests as "${auth.service}".`,
      );
    } catch (error) {
      return renderJsonError(asAwsError(error), "1.1");
    }
  }

  return async (request) => {
    const { status, headers = {}, body = "" } = await answer(request);
    return { status, headers: { "x-amzn-requestid": randomUUID(), ...headers }, body };
  };
}

function authorizationOf(request: RawRequest): Authorization {
  const header = request.headers["authorization"];
  if (header !== undefined) return parseAuthorization(header);
  if (/[?&]X-Amz-Signature=/.test(request.target)) {
    throw new AwsError(
      "NotImplemented",
      "local endpoint: presigned URLs are not supported; sign the request in its Authorization header.",
      501,
    );
  }
  throw new AwsError(
    "MissingAuthenticationToken",
    "Missing Authentication Token: the request has no Authorization header.",
    403,
  );
}

function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const at = target.indexOf("?");
  return {
    path: decodeURIComponent(at < 0 ? target : target.slice(0, at)),
    query: new URLSearchParams(at < 0 ? "" : target.slice(at + 1)),
  };
}
