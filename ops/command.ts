/** What the operator's commands have in common: where they print, how they end, and how they are interrupted. */
import { messageOf } from "./preflight/errors";

export interface Surroundings {
  /** The project's. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** For the result. */
  print(text: string): void;
  /** For what goes on meanwhile, a line each. */
  note(text: string): void;
  /** For what goes on right now: one line that is rewritten, where somebody watches. */
  status(text: string): void;
  /** What is piped into the command. */
  input(): Promise<string>;
}

/** The exit code: 0 all well; 1 done, and something did not end well; 2 could not be done; 130 interrupted. */
export type Code = 0 | 1 | 2 | 130;
export type Command = (argv: readonly string[], surroundings: Surroundings) => Promise<Code>;

/** The command could not do its work; the message says what to change. */
export class CannotRun extends Error {}

/** Runs a command, and says what went wrong in a line: which setting, resource or permission. Mistakes of ours are thrown. */
export async function runCommand(
  name: string,
  command: Command,
  argv: readonly string[],
  surroundings: Surroundings,
): Promise<Code> {
  try {
    return await command(argv, surroundings);
  } catch (error) {
    surroundings.status("");
    if (surroundings.signal.aborted) {
      surroundings.note(`${name}: interrupted.`);
      return 130;
    }
    const message = explain(error);
    if (message === undefined) throw error;
    surroundings.note(`${name}: ${message}`);
    return 2;
  }
}

/** Of a mistake of ours nothing. */
export function explain(error: unknown): string | undefined {
  if (error instanceof CannotRun) return error.message;
  if (!(error instanceof Error)) return undefined;
  if (error.name === "CredentialsProviderError" || error.name === "TokenProviderError") {
    return `There are no credentials for AWS: ${error.message} (docs/operations.md, "Where the commands look")`;
  }
  // What AWS answers has metadata; what does not even reach it has the code of the socket.
  if ("$metadata" in error || "code" in error) {
    return error.name === "Error" ? messageOf(error) : `${error.name}: ${messageOf(error)}`;
  }
  return undefined;
}

/** Takes over the process: its arguments, terminal, signals and exit code. */
export function main(name: string, command: Command): void {
  // The SDK's notice that it will want Node 22 one day is not for those who operate.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const abort = new AbortController();
  // Once: who presses it again does not want to wait.
  process.once("SIGINT", () => abort.abort());
  const { stderr } = process;
  const clear = stderr.isTTY ? "\r\u001b[K" : "";
  const surroundings: Surroundings = {
    folder: process.cwd(),
    environment: process.env,
    signal: abort.signal,
    print: (text) => {
      stderr.write(clear);
      process.stdout.write(`${text}\n`);
    },
    note: (text) => stderr.write(`${clear}${text}\n`),
    status: (text) => {
      if (stderr.isTTY) stderr.write(clear + text.slice(0, (stderr.columns ?? 120) - 1));
    },
    input: async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk));
      return Buffer.concat(chunks).toString("utf8");
    },
  };
  runCommand(name, command, process.argv.slice(2), surroundings).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      console.error(error);
      process.exitCode = 2;
    },
  );
}
