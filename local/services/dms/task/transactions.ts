/** Puts the messages of the slot together to whole transactions, and hands them on one after the other. */
import { commitTime } from "./clock";
import { FatalError } from "./errors";

export interface LoggedTransaction {
  /** The transaction's number. */
  readonly id: string;
  /** Where its commit ends. */
  readonly end: bigint;
  readonly committedAt: string;
  /** Row changes and TRUNCATEs as test_decoding prints them, the first being the second message after BEGIN. */
  readonly messages: readonly string[];
}

/** Characters of one transaction, and of those that wait: a few hundred thousand rows. */
const MOST_OF_ONE = 256 * 1024 * 1024;
const ENOUGH = 16 * 1024 * 1024;

/** The slot is to be paused while `isFull`. */
export class Transactions {
  private current: { id: string; messages: string[]; size: number } | undefined;
  private readonly waiting: { transaction: LoggedTransaction; size: number }[] = [];
  private size = 0;
  private wake: () => void = () => undefined;
  private ended = false;

  get isFull(): boolean {
    return this.size > ENOUGH;
  }

  /** Whether nothing waits and none is half read. */
  get isEmpty(): boolean {
    return this.waiting.length === 0 && this.current === undefined;
  }

  /** @param at where the message ends in the log, if it is a commit */
  add(text: string, at: () => bigint): void {
    if (text.startsWith("BEGIN ")) {
      this.current = { id: text.slice(6), messages: [], size: 0 };
      return;
    }
    const current = this.current;
    if (current === undefined) throw new Error(`test_decoding: "${text.slice(0, 40)}" outside of a transaction`);
    if (!text.startsWith("COMMIT ")) {
      current.messages.push(text);
      current.size += text.length;
      if (current.size > MOST_OF_ONE) {
        throw new FatalError(
          `local dms: transaction ${current.id} has more than ${MOST_OF_ONE >> 20} MB of changes, which is not supported. ` +
            "Break it into smaller ones.",
        );
      }
      return;
    }
    // COMMIT 779 (at 2026-11-24 22:00:01.123456+00)
    const time = text.slice(text.indexOf("(at ") + 4, -1);
    const { id, messages, size } = current;
    this.current = undefined;
    this.size += size;
    this.waiting.push({ transaction: { id, end: at(), committedAt: commitTime(time), messages }, size });
    this.wake();
  }

  /** Hands on transactions until `end`; `apply` is awaited. */
  async forEach(apply: (transaction: LoggedTransaction) => Promise<void>): Promise<void> {
    while (!this.ended) {
      const next = this.waiting[0];
      if (next === undefined) {
        await new Promise<void>((resolve) => (this.wake = resolve));
        continue;
      }
      await apply(next.transaction);
      this.waiting.shift();
      this.size -= next.size;
    }
  }

  end(): void {
    this.ended = true;
    this.wake();
  }
}
