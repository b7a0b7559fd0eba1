/** What Athena said to each question: asked a few at a time, kept for a while, so that a page that is loaded again costs nothing. */
import { QueryFailed, type QueryResult } from "../athena";
import { explain } from "../command";

export type Answer = { readonly askedAt: number } & (
  | { readonly result: QueryResult }
  /** Why there is none, for people. */
  | { readonly failure: string }
);

export interface AnswersOptions {
  readonly ask: (sql: string) => Promise<QueryResult>;
  /**
   * Milliseconds. Athena itself could give an earlier result again (`ResultReuseConfiguration`), but does not say how old it is:
   * https://docs.aws.amazon.com/athena/latest/APIReference/API_ResultReuseInformation.html
   */
  readonly keep: number;
  readonly now?: () => number;
}

/** Of the account's active queries, of which there may be as few as 25 in all, the waiting ones included. */
const AT_ONCE = 4;

export class Answers {
  private readonly kept = new Map<string, { readonly answer: Promise<Answer>; readonly since: number }>();
  private readonly waiting: (() => void)[] = [];
  private running = 0;
  private readonly now: () => number;

  constructor(private readonly options: AnswersOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Whoever asks while it is being asked gets the same answer. A failure is not kept. Rejects for mistakes of ours only. */
  to(sql: string): Promise<Answer> {
    const found = this.kept.get(sql);
    if (found !== undefined && this.now() - found.since < this.options.keep) return found.answer;
    const answer = this.fresh(sql);
    const entry = { answer, since: this.now() };
    this.kept.set(sql, entry);
    const forget = (): void => {
      if (this.kept.get(sql) === entry) this.kept.delete(sql);
    };
    answer.then((given) => ("failure" in given ? forget() : undefined), forget);
    return answer;
  }

  /** Whatever is kept. */
  async fresh(sql: string): Promise<Answer> {
    if (this.running >= AT_ONCE) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.running += 1;
    const askedAt = this.now();
    try {
      return { askedAt, result: await this.options.ask(sql) };
    } catch (error) {
      const failure = error instanceof QueryFailed ? error.message : explain(error);
      if (failure === undefined) throw error;
      return { askedAt, failure };
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.running -= 1;
      else next();
    }
  }
}
