/**
 * The body of an upload: out of its chunks, and verified against every checksum that came with it.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
import { hash } from "node:crypto";
import { AwsError, type HttpRequest } from "../../core/service";
import { CHECKSUMS } from "./checksums";

export interface Checksum {
  /** Header, such as `x-amz-checksum-crc32`. */
  readonly header: string;
  /** Base64. */
  readonly value: string;
}

export interface Payload {
  readonly body: Buffer;
  /** What the client sent and we found right. */
  readonly checksum?: Checksum;
}

const PREFIX = "x-amz-checksum-";
/** These say something about checksums and are none. */
const ABOUT = ["algorithm", "mode", "type"].map((name) => PREFIX + name);

const incomplete = (what: string): AwsError => new AwsError("IncompleteBody", `The aws-chunked body ${what}.`, 400);

/** `<hex length>[;extension]\r\n<bytes>\r\n` ... `0\r\n`, trailers, and an empty line. */
function unchunk(raw: Buffer): { body: Buffer; trailers: Record<string, string> } {
  const parts: Buffer[] = [];
  let at = 0;
  const line = (): string => {
    const end = raw.indexOf("\r\n", at, "latin1");
    if (end < 0) throw incomplete("ends within a line");
    const text = raw.toString("latin1", at, end);
    at = end + 2;
    return text;
  };
  for (;;) {
    const [length = ""] = line().split(";");
    if (!/^[0-9a-f]{1,8}$/i.test(length)) throw incomplete(`has a chunk whose length is "${length}"`);
    const size = parseInt(length, 16);
    if (size === 0) break;
    if (raw.toString("latin1", at + size, at + size + 2) !== "\r\n") throw incomplete("has a chunk of another length");
    parts.push(raw.subarray(at, at + size));
    at += size + 2;
  }
  const trailers: Record<string, string> = {};
  while (at < raw.length) {
    const text = line();
    const colon = text.indexOf(":");
    if (colon > 0) trailers[text.slice(0, colon).trim().toLowerCase()] = text.slice(colon + 1).trim();
  }
  return { body: Buffer.concat(parts), trailers };
}

function unframed(request: HttpRequest): { body: Buffer; headers: Readonly<Record<string, string>> } {
  const { body: raw, headers } = request;
  if (!headers["x-amz-content-sha256"]?.startsWith("STREAMING-")) return { body: raw, headers };
  const { body, trailers } = unchunk(raw);
  const declared = headers["x-amz-decoded-content-length"];
  if (declared !== undefined && Number(declared) !== body.length) {
    throw incomplete(`holds ${body.length} bytes; x-amz-decoded-content-length says ${declared}`);
  }
  for (const name of headers["x-amz-trailer"]?.split(",") ?? []) {
    if (trailers[name.trim()] === undefined) {
      throw new AwsError("MalformedTrailerError", `The request announces the trailer ${name} and does not send it.`);
    }
  }
  return { body, headers: { ...headers, ...trailers } };
}

/** Throws `BadDigest` when a checksum does not fit, `NotImplemented` for an algorithm we do not know. */
export function readPayload(request: HttpRequest): Payload {
  const { body, headers } = unframed(request);
  const md5 = headers["content-md5"];
  if (md5 !== undefined && hash("md5", body, "base64") !== md5) {
    throw new AwsError("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  let checksum: Checksum | undefined;
  for (const [header, value] of Object.entries(headers)) {
    if (!header.startsWith(PREFIX) || ABOUT.includes(header)) continue;
    const algorithm = header.slice(PREFIX.length);
    const sum = Object.hasOwn(CHECKSUMS, algorithm) ? CHECKSUMS[algorithm] : undefined;
    if (sum === undefined) {
      throw new AwsError("NotImplemented", `local s3: the checksum ${header} is not supported.`, 501);
    }
    if (sum(body) !== value) {
      const name = algorithm.toUpperCase();
      throw new AwsError("BadDigest", `The ${name} you specified did not match the calculated checksum.`);
    }
    checksum = { header, value };
  }
  return checksum === undefined ? { body } : { body, checksum };
}
