/** What the demo prints while it works: a line a step, the one in progress rewritten in place on a terminal. */
export interface Progress {
  /** Begins a step; the one before it is done. */
  step(title: string): void;
  /** Says how far the step is. */
  update(state: string): void;
  /** Ends the step, with its result. */
  done(result?: string): void;
  /** A line of its own, once no step is in progress. */
  print(text: string): void;
}

const nothing = (): void => undefined;

/** For whoever watches something else. */
export const silentProgress: Progress = { step: nothing, update: nothing, done: nothing, print: nothing };

export function terminalProgress(output: NodeJS.WriteStream): Progress {
  const started = Date.now();
  let title: string | undefined;
  const clock = (): string => `${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s`;
  const line = (state: string): string => `${clock()}  ${title ?? ""}${state === "" ? "" : `: ${state}`}`;
  const fit = (text: string): string => text.slice(0, (output.columns ?? 120) - 1);
  const progress: Progress = {
    step(next) {
      if (title !== undefined) progress.done();
      title = next;
      progress.update("");
    },
    update(state) {
      if (output.isTTY && title !== undefined) output.write(`\r\u001b[K${fit(line(state))}`);
    },
    done(result = "") {
      if (title === undefined) return;
      output.write(`${output.isTTY ? "\r\u001b[K" : ""}${line(result)}\n`);
      title = undefined;
    },
    print(text) {
      progress.done();
      output.write(`${text}\n`);
    },
  };
  return progress;
}
