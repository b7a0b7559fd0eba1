/**
 * How far the log is done with. A transaction is done when each of its changes is on the stream, and the log up to its end
 * when all before it are: only then may PostgreSQL forget it.
 */

/** What still holds a transaction open: each change on its way, and whoever still makes changes of it. */
export interface Transaction {
  /** Where its commit ends. */
  readonly end: bigint;
  holds: number;
}

export class Positions {
  private readonly open: Transaction[] = [];

  /** @param durable everything before is done already */
  constructor(
    private durable: bigint,
    private readonly onAdvance: (durable: bigint) => void,
  ) {}

  get position(): bigint {
    return this.durable;
  }

  /** Held once; in the order of the commits. */
  begin(end: bigint): Transaction {
    const transaction = { end, holds: 1 };
    this.open.push(transaction);
    return transaction;
  }

  hold(transaction: Transaction): void {
    transaction.holds += 1;
  }

  release(transaction: Transaction): void {
    transaction.holds -= 1;
    if (transaction.holds > 0 || this.open[0]?.holds !== 0) return;
    let done = 0;
    while (this.open[done]?.holds === 0) done += 1;
    const last = this.open[done - 1];
    this.open.splice(0, done);
    if (last !== undefined) this.advance(last.end);
  }

  /** The server has nothing before `position` that it has not sent. */
  idle(position: bigint): void {
    if (this.open.length === 0) this.advance(position);
  }

  private advance(position: bigint): void {
    if (position <= this.durable) return;
    this.durable = position;
    this.onAdvance(position);
  }
}

const hex = (value: bigint): string => value.toString(16).toUpperCase().padStart(8, "0");

/** `00000002/7C007328`, as DMS writes a position of PostgreSQL's log. */
export const positionText = (position: bigint): string => `${hex(position >> 32n)}/${hex(position & 0xffffffffn)}`;

/** The inverse, also for PostgreSQL's own form without leading zeros. */
export function parsePosition(text: string): bigint {
  const [high = "", low = ""] = text.split("/");
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
}
