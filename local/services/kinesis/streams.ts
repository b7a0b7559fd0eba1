/** All streams of the cloud, by ARN: which one a request means, and whether its caller may. */
import { isAwsManaged } from "../../core/keys";
import { AwsError, type Call } from "../../core/service";
import { constraint, type Input, invalidArgument, optionalText } from "./request";
import type { KinesisStream, Shard } from "./stream";

/** Who acts: the caller of an API or a principal from within. */
export type Caller = Pick<Call, "principal" | "authorize">;

export const NAME = /^[a-zA-Z0-9_.-]{1,128}$/;
const STREAM_ARN = /^arn:aws:kinesis:[a-z0-9-]+:\d{12}:stream\/[a-zA-Z0-9_.-]{1,128}$/;

export const streamArn = (region: string, account: string, name: string): string =>
  `arn:aws:kinesis:${region}:${account}:stream/${name}`;

const partsOf = (arn: string): { account: string; name: string } => {
  const [, , , , account = "", resource = ""] = arn.split(":");
  return { account, name: resource.slice("stream/".length) };
};

export class Streams {
  private readonly byArn = new Map<string, KinesisStream>();

  add(stream: KinesisStream): void {
    this.byArn.set(stream.arn, stream);
  }

  remove(arn: string): void {
    this.byArn.delete(arn);
  }

  find(arn: string): KinesisStream | undefined {
    return this.byArn.get(arn);
  }

  all(): KinesisStream[] {
    return [...this.byArn.values()];
  }

  /** Throws `ResourceNotFoundException`. */
  existing(arn: string): KinesisStream {
    const stream = this.byArn.get(arn);
    if (stream !== undefined) return stream;
    const { account, name } = partsOf(arn);
    throw new AwsError("ResourceNotFoundException", `Stream ${name} under account ${account} not found.`);
  }

  /** The ARN that a request's StreamName or StreamARN means. A name is one of the caller's own account. */
  arnOf(input: Input, call: Call): string {
    const arn = optionalText(input, "StreamARN");
    const name = optionalText(input, "StreamName");
    if (arn === undefined && name === undefined) {
      throw invalidArgument("Either StreamName or StreamARN must be provided.");
    }
    if (name !== undefined && !NAME.test(name)) {
      throw constraint("StreamName", "satisfy regular expression pattern: [a-zA-Z0-9_.-]{1,128}");
    }
    if (arn === undefined) return streamArn(call.region, call.account, name ?? "");
    if (!STREAM_ARN.test(arn))
      throw constraint("StreamARN", "satisfy regular expression pattern: " + STREAM_ARN.source);
    if (name !== undefined && partsOf(arn).name !== name) {
      throw invalidArgument(`StreamName ${name} does not match the name in StreamARN ${arn}.`);
    }
    return arn;
  }

  /** The stream a request means; the caller is asked for `action` first, so that it learns nothing it may not. */
  authorized(input: Input, call: Call, action: string): KinesisStream {
    const arn = this.arnOf(input, call);
    call.authorize(action, arn);
    return this.existing(arn);
  }
}

/** Throws `ResourceNotFoundException`. */
export function existingShard(stream: KinesisStream, shardId: string): Shard {
  const shard = stream.shard(shardId);
  if (shard !== undefined) return shard;
  throw new AwsError(
    "ResourceNotFoundException",
    `Shard ${shardId} in stream ${stream.name} under account ${stream.account} does not exist`,
  );
}

/**
 * Whoever puts into an encrypted stream needs kms:GenerateDataKey on its key, whoever reads kms:Decrypt.
 * https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html
 */
export function authorizeKey(
  { principal, authorize }: Caller,
  stream: KinesisStream,
  action: "kms:GenerateDataKey" | "kms:Decrypt",
): void {
  const { encryption } = stream.settings;
  if (encryption === undefined) return;
  const { keyArn } = encryption;
  const denied = (message: string): AwsError => new AwsError("KMSAccessDeniedException", message);
  if (isAwsManaged(keyArn)) {
    if (principal.account === stream.account) return;
    throw denied(
      `${principal.arn} may not ${action} with ${keyArn}: a key managed by AWS cannot be shared with another account.`,
    );
  }
  const region = stream.arn.split(":")[3] ?? "";
  try {
    authorize(action, keyArn, {
      "kms:ViaService": `kinesis.${region}.amazonaws.com`,
      "kms:CallerAccount": principal.account,
      "kms:EncryptionContext:aws:kinesis:arn": stream.arn,
    });
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    if (error.code === "NotFoundException") throw new AwsError("KMSNotFoundException", error.message);
    throw error.code.startsWith("AccessDenied") ? denied(error.message) : error;
  }
}
