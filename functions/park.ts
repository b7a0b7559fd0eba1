/**
 * Messages that cannot be taken are parked in S3 with their reason and content, so that those behind them go on and nothing
 * is lost. One object per invocation that met some: JSON lines of `Parked`.
 */
export interface Parked {
  readonly reason: string;
  readonly detail: string;
  /** ARN of the stream it came from. */
  readonly stream: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** Epoch seconds at which the stream took it. */
  readonly arrivedAt: number;
  /** The message as it came, base64: it may be no text. */
  readonly data: string;
}

/** Writes an object; resolves once it is durable. */
export type PutObject = (key: string, body: string) => Promise<void>;

/**
 * `prefix/2026-11-24/<first sequence number>.jsonl`: a retry of the same batch writes the same object again.
 * @param mark tells an object from another that begins with the same record
 * @throws if S3 does not take it; the batch is then retried.
 */
export async function park(
  prefix: string,
  parked: readonly Parked[],
  now: number,
  put: PutObject,
  mark = "",
): Promise<void> {
  const [first] = parked;
  if (first === undefined) return;
  const day = new Date(now).toISOString().slice(0, 10);
  await put(
    `${prefix}/${day}/${first.sequenceNumber}${mark}.jsonl`,
    parked.map((entry) => `${JSON.stringify(entry)}\n`).join(""),
  );
}
