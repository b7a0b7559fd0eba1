/**
 * Signature Version 4 as the server sees it.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { createHmac, hash, timingSafeEqual } from "node:crypto";
import type { Principals } from "./principals";
import { AwsError, type Principal } from "./service";

/** A request as it came over the wire, whatever the HTTP version. */
export interface RawRequest {
  readonly method: string;
  /** Path and query string, still encoded. */
  readonly target: string;
  /** Names in lower case. HTTP/2's `:authority` is there under its own name, and as `host`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What the Authorization header says, not yet verified. */
export interface Authorization {
  /** `<access key>/<yyyymmdd>/<region>/<service>/aws4_request` */
  readonly credential: string;
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: string;
  readonly signature: string;
}

/** Error codes differ by protocol: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html */
export interface AuthErrorCodes {
  readonly unknownKey: string;
  readonly badSignature: string;
}

const ALGORITHM = "AWS4-HMAC-SHA256";
const MINUTE = 60_000;

/** Reads the Authorization header. Throws `IncompleteSignature` when it has not the form of SigV4. */
export function parseAuthorization(header: string): Authorization {
  const incomplete = (what: string) =>
    new AwsError(
      "IncompleteSignature",
      `The Authorization header ${what}; expected ${ALGORITHM} with Credential, SignedHeaders and Signature.`,
      403,
    );
  if (!header.startsWith(ALGORITHM + " ")) throw incomplete("does not use " + ALGORITHM);
  let credential = "";
  let signedHeaders = "";
  let signature = "";
  for (const part of header.slice(ALGORITHM.length + 1).split(",")) {
    const field = part.trim();
    if (field.startsWith("Credential=")) credential = field.slice(11);
    else if (field.startsWith("SignedHeaders=")) signedHeaders = field.slice(14);
    else if (field.startsWith("Signature=")) signature = field.slice(10);
  }
  const [accessKeyId, date, region, service, terminator, ...rest] = credential.split("/");
  if (!accessKeyId || !date || !region || !service || terminator !== "aws4_request" || rest.length > 0) {
    throw incomplete("has no valid Credential");
  }
  if (!signedHeaders) throw incomplete("has no SignedHeaders");
  if (!/^[0-9a-f]{64}$/.test(signature)) throw incomplete("has no valid Signature");
  return { credential, accessKeyId, date, region, service, signedHeaders, signature };
}

const encode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AwsError("InvalidURI", `Couldn't parse the specified URI: "${text}" is not valid percent-encoding.`);
  }
};

/** S3 encodes the path once and leaves it as it is; every other service normalises it and encodes it twice. */
function canonicalPath(path: string, service: string): string {
  if (path === "/") return path;
  if (service === "s3")
    return path
      .split("/")
      .map((segment) => encode(decode(segment)))
      .join("/");
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(encode(segment));
  }
  return "/" + segments.join("/") + (path.endsWith("/") && segments.length > 0 ? "/" : "");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair): [string, string] => {
      const at = pair.indexOf("=");
      const [name, value] = at < 0 ? [pair, ""] : [pair.slice(0, at), pair.slice(at + 1)];
      return [encode(decode(name)), encode(decode(value))];
    });
  const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return pairs
    .sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function canonicalHeaders(signedHeaders: string, headers: Readonly<Record<string, string>>): string {
  let lines = "";
  for (const name of signedHeaders.split(";")) {
    const value = headers[name];
    if (value === undefined) {
      throw new AwsError(
        "IncompleteSignature",
        `The header "${name}" is listed in SignedHeaders but was not sent.`,
        403,
      );
    }
    lines += `${name}:${value.trim().replace(/ {2,}/g, " ")}\n`;
  }
  return lines;
}

/** Milliseconds of a date such as `20260131T235959Z`; NaN when it is none. */
function parseAmzDate(text: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  return match ? Date.parse(`${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}Z`) : NaN;
}

export class SignatureVerifier {
  /** Derived signing keys by credential scope: four of the six HMACs of a signature. A day's worth, then forgotten. */
  private readonly signingKeys = new Map<string, { key: Buffer; principal: Principal }>();

  constructor(private readonly principals: Principals) {}

  /** Returns who signed; throws an `AwsError` with the protocol's own code if nobody known did, or not this request. */
  verify(request: RawRequest, auth: Authorization, codes: AuthErrorCodes): Principal {
    const { key, principal } = this.signingKey(auth, codes);
    const invalid = (message: string) => new AwsError(codes.badSignature, message, 403);

    const signed = `;${auth.signedHeaders};`;
    const timestamp = request.headers["x-amz-date"];
    // Over HTTP/2 the SDK signs the pseudo-header in the place of host.
    const signsHost = signed.includes(";host;") || signed.includes(";:authority;");
    if (timestamp === undefined || !signed.includes(";x-amz-date;") || !signsHost) {
      throw new AwsError("IncompleteSignature", "The headers host and X-Amz-Date must be sent and signed.", 403);
    }
    this.checkTime(timestamp, auth, invalid);

    const at = request.target.indexOf("?");
    const path = at < 0 ? request.target : request.target.slice(0, at);
    const query = at < 0 ? "" : request.target.slice(at + 1);
    const canonical =
      `${request.method}\n${canonicalPath(path, auth.service)}\n${canonicalQuery(query)}\n` +
      `${canonicalHeaders(auth.signedHeaders, request.headers)}\n${auth.signedHeaders}\n${this.payloadHash(request, auth, codes)}`;
    const scope = auth.credential.slice(auth.accessKeyId.length + 1);
    const expected = createHmac("sha256", key)
      .update(`${ALGORITHM}\n${timestamp}\n${scope}\n${hash("sha256", canonical)}`)
      .digest();
    if (!timingSafeEqual(expected, Buffer.from(auth.signature, "hex"))) {
      throw invalid(
        "The request signature we calculated does not match the signature you provided. " +
          "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
      );
    }
    return principal;
  }

  private signingKey(auth: Authorization, codes: AuthErrorCodes): { key: Buffer; principal: Principal } {
    const cached = this.signingKeys.get(auth.credential);
    if (cached) return cached;
    const known = this.principals.resolve(auth.accessKeyId);
    if (!known) throw new AwsError(codes.unknownKey, "The security token included in the request is invalid.", 403);
    let key: Buffer = Buffer.from("AWS4" + known.secretAccessKey);
    for (const part of [auth.date, auth.region, auth.service, "aws4_request"]) {
      key = createHmac("sha256", key).update(part).digest();
    }
    const entry = { key, principal: known.principal };
    if (this.signingKeys.size >= 1000) this.signingKeys.clear();
    this.signingKeys.set(auth.credential, entry);
    return entry;
  }

  /** A signature is good for five minutes, for S3 for fifteen. */
  private checkTime(timestamp: string, auth: Authorization, invalid: (message: string) => AwsError): void {
    const then = parseAmzDate(timestamp);
    if (Number.isNaN(then)) throw invalid(`Date must be in ISO-8601 'basic format'. Got '${timestamp}'.`);
    if (!timestamp.startsWith(auth.date)) {
      throw invalid(`Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date: '${timestamp}'.`);
    }
    const skew = Date.now() - then;
    if (auth.service === "s3" && Math.abs(skew) > 15 * MINUTE) {
      throw new AwsError(
        "RequestTimeTooSkewed",
        "The difference between the request time and the current time is too large.",
        403,
      );
    }
    if (auth.service !== "s3" && Math.abs(skew) > 5 * MINUTE) {
      throw invalid(
        `Signature ${skew > 0 ? "expired" : "not yet current"}: '${timestamp}' is more than 5 minutes away from now.`,
      );
    }
  }

  private payloadHash(request: RawRequest, auth: Authorization, codes: AuthErrorCodes): string {
    const declared = request.headers["x-amz-content-sha256"];
    if (declared === "UNSIGNED-PAYLOAD" || declared === "STREAMING-UNSIGNED-PAYLOAD-TRAILER") return declared;
    if (declared?.startsWith("STREAMING-")) {
      throw new AwsError(
        "NotImplemented",
        `local endpoint: the signed chunks of ${declared} are not supported; send the body in one piece or as STREAMING-UNSIGNED-PAYLOAD-TRAILER.`,
        501,
      );
    }
    const actual = hash("sha256", request.body);
    if (declared !== undefined && declared !== actual) {
      throw new AwsError(
        auth.service === "s3" ? "XAmzContentSHA256Mismatch" : codes.badSignature,
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
        auth.service === "s3" ? 400 : 403,
      );
    }
    return actual;
  }
}
