/** How fast a run goes: so many a second, evenly, and slower where DynamoDB asks for it. */
import { setMaxListeners } from "node:events";
import { setTimeout as delay } from "node:timers/promises";

/** Milliseconds; tests put another in the place. */
export interface Clock {
  now(): number;
  wait(milliseconds: number, signal: AbortSignal): Promise<unknown>;
}

const realClock: Clock = {
  now: Date.now,
  wait: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};

/** Tries beside the SDK's own, and the waits between them: a table that has to grow needs minutes. */
const TRIES = 10;
const FIRST_WAIT = 500;
const LAST_WAIT = 30_000;

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html, those that one tries again. */
const TRANSIENT: readonly string[] = [
  "InternalServerError",
  "ProvisionedThroughputExceededException",
  "RequestLimitExceeded",
  "ThrottlingException",
];

export class Pace {
  /** When the next one may go. */
  private next = 0;

  /** @param rate a second */
  constructor(
    private readonly rate: number,
    private readonly signal: AbortSignal,
    private readonly clock: Clock = realClock,
  ) {
    // Whoever waits listens to it: a few dozen, which Node would take for a leak.
    setMaxListeners(0, signal);
  }

  /** @throws AbortError once the signal is aborted */
  async turn(): Promise<void> {
    const now = this.clock.now();
    const at = Math.max(now, this.next);
    this.next = at + 1_000 / this.rate;
    if (at > now) await this.clock.wait(at - now, this.signal);
  }

  /** Sends, and sends again while DynamoDB throttles; all others wait with it. @throws the SDK's error, or AbortError */
  async patiently<T>(send: () => Promise<T>): Promise<T> {
    for (let tries = 1, wait = FIRST_WAIT; ; tries += 1, wait = Math.min(wait * 2, LAST_WAIT)) {
      this.signal.throwIfAborted();
      try {
        return await send();
      } catch (error) {
        if (!(error instanceof Error) || !TRANSIENT.includes(error.name) || tries === TRIES) throw error;
        this.next = Math.max(this.next, this.clock.now() + wait);
        await this.clock.wait(wait, this.signal);
      }
    }
  }
}
