/**
 * Sequence numbers as Kinesis makes them: a 186-bit number in 56 decimal digits, which holds when the shard was made, the
 * shard, a count, the second of arrival and the shard once more. The form is not documented; it was read from real ones and
 * is the same in other imitations. What is documented: they rise within a shard, and between shards they do not compare.
 * https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html#sequence-number
 *
 * | bits | 185..184 | 183..148      | 147..144    | 143..80 | 79..72 | 71..36           | 35..4 | 3..0 |
 * |      | 2        | shard made, s | shard mod 16 | count   | 0      | record arrived, s | shard | 2    |
 */
export interface ShardIdentity {
  readonly index: number;
  /** Milliseconds. */
  readonly createdAt: number;
}

const seconds = (milliseconds: number): bigint => BigInt(Math.floor(milliseconds / 1000));

export class SequenceNumbers {
  private readonly base: bigint;

  constructor(readonly shard: ShardIdentity) {
    const index = BigInt(shard.index);
    this.base = (2n << 184n) | (seconds(shard.createdAt) << 148n) | ((index & 15n) << 144n) | (index << 4n) | 2n;
  }

  /** Of the record at an offset. Counts begin at 1: 0 is the shard's own first number. */
  of(offset: number, arrivedAt: number): string {
    return (this.base | (BigInt(offset + 1) << 80n) | (seconds(arrivedAt) << 36n)).toString();
  }

  /** `StartingSequenceNumber` of the shard, below every record's. */
  get first(): string {
    return this.of(-1, this.shard.createdAt);
  }
}

export interface ParsedSequence {
  readonly shardIndex: number;
  readonly shardCreatedSecond: number;
  /** -1 for the shard's own first number. */
  readonly offset: number;
}

/** Undefined when the text is no sequence number. */
export function parseSequence(text: string): ParsedSequence | undefined {
  if (!/^\d{56}$/.test(text)) return undefined;
  const number = BigInt(text);
  if (number >> 184n !== 2n || (number & 15n) !== 2n) return undefined;
  const field = (from: bigint, width: bigint): number => Number((number >> from) & ((1n << width) - 1n));
  return { shardIndex: field(4n, 32n), shardCreatedSecond: field(148n, 36n), offset: field(80n, 64n) - 1 };
}
