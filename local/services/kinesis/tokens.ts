/** Shard iterators and paging tokens: signed, so that a garbled one, or one of an earlier run, is known. */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { AwsError } from "../../core/service";
import { invalidArgument } from "./request";

/** How long an iterator lives: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html */
export const ITERATOR_LIFE = 300_000;
const MAC_BYTES = 16;

/** Where a reader stands. */
export interface Position {
  readonly streamArn: string;
  /** Of the stream, not of its name: the iterator of a deleted stream does not read the next one of that name. */
  readonly streamId: string;
  readonly shardId: string;
  readonly offset: number;
}

export class Tokens {
  private readonly secret = randomBytes(32);

  seal(kind: "iterator" | "page", content: readonly unknown[]): string {
    const body = Buffer.from(JSON.stringify([kind, ...content]));
    return Buffer.concat([this.mac(body), body]).toString("base64");
  }

  /** Undefined when the token was not made by `seal` with the same kind. */
  open(kind: "iterator" | "page", token: string): readonly unknown[] | undefined {
    const bytes = Buffer.from(token, "base64");
    const body = bytes.subarray(MAC_BYTES);
    if (bytes.length <= MAC_BYTES || !timingSafeEqual(bytes.subarray(0, MAC_BYTES), this.mac(body))) return undefined;
    // Our own signature: the content is what seal was given.
    const [found, ...content] = JSON.parse(body.toString()) as [string, ...unknown[]];
    return found === kind ? content : undefined;
  }

  iterator({ streamArn, streamId, shardId, offset }: Position): string {
    return this.seal("iterator", [Date.now(), streamArn, streamId, shardId, offset]);
  }

  /** Throws `InvalidArgumentException` or `ExpiredIteratorException`. */
  position(iterator: string): Position {
    const content = this.open("iterator", iterator);
    if (content === undefined) throw invalidArgument("Invalid ShardIterator.");
    const [madeAt, streamArn, streamId, shardId, offset] = content as [number, string, string, string, number];
    const now = Date.now();
    if (now - madeAt > ITERATOR_LIFE) {
      throw new AwsError(
        "ExpiredIteratorException",
        `Iterator expired. The iterator was created at time ${new Date(madeAt).toUTCString()} while right now it is ` +
          `${new Date(now).toUTCString()} which is further in the future than the tolerated delay of ${ITERATOR_LIFE} milliseconds.`,
      );
    }
    return { streamArn, streamId, shardId, offset };
  }

  private mac(body: Buffer): Buffer {
    return createHmac("sha256", this.secret).update(body).digest().subarray(0, MAC_BYTES);
  }
}
