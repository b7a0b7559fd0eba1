/** Connections to the source, and the two commands that pg has no reader for: COPY out and replication. */
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import { Client, type ClientConfig, type Connection, type Submittable } from "pg";
import type { SourceSpec } from "../spec";

/** Values come as PostgreSQL prints them, so it must print them the same whatever the server's settings say. */
const PRINTED =
  "-c timezone=UTC -c datestyle=ISO,YMD -c intervalstyle=postgres -c bytea_output=hex -c extra_float_digits=1";

/** AWS DMS guide, "Using SSL with AWS Database Migration Service". */
function tls({ sslMode, certificate }: SourceSpec): false | ConnectionOptions {
  switch (sslMode) {
    case "none":
      return false;
    case "require":
      return { rejectUnauthorized: false };
    case "verify-ca":
      return { ca: certificate, checkServerIdentity: () => undefined };
    case "verify-full":
      return { ca: certificate, checkServerIdentity };
  }
}

export function createClient(
  source: SourceSpec,
  purpose: "query" | "load" | "replication",
  application: string,
): Client {
  const { host, port, user, password, database, settings } = source;
  // A load takes as long as the stream does.
  const timeout = purpose === "query" ? ` -c statement_timeout=${settings.executeTimeout}s` : "";
  const config: ClientConfig & { replication?: "database" } = {
    ...{ host, port, user, password, database },
    ssl: tls(source),
    application_name: application,
    options: PRINTED + timeout,
    connectionTimeoutMillis: 20_000,
    keepAlive: true,
    ...(purpose === "replication" ? { replication: "database" } : {}),
  };
  return new Client(config);
}

/** Reads what a command copies out, a message at a time. `pause` stops the flow at the socket, so that nothing piles up. */
export class CopyOut implements Submittable {
  readonly done: Promise<void>;
  private connection: Connection | undefined;
  private finish: () => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;
  private failed = false;

  /** `onData` is given a view of a buffer that is used again: it must copy what it keeps. */
  constructor(
    private readonly sql: string,
    private readonly onData: (chunk: Buffer) => void,
  ) {
    this.done = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    // Whoever waits for it learns of the failure; until then it is no unhandled one.
    this.done.catch(() => undefined);
  }

  readonly submit = (connection: Connection): void => {
    this.connection = connection;
    connection.query(this.sql);
  };

  pause(): void {
    this.connection?.stream.pause();
  }

  resume(): void {
    this.connection?.stream.resume();
  }

  /** Sends a message of the copy protocol (PostgreSQL, "Message Formats", CopyData). */
  send(payload: Buffer): void {
    const header = Buffer.alloc(5);
    header.write("d");
    header.writeInt32BE(payload.length + 4, 1);
    this.connection?.stream.write(Buffer.concat([header, payload]));
  }

  /** Takes no notice of what still comes. */
  abort(error: unknown): void {
    this.failed = true;
    this.fail(error);
  }

  // What pg calls, beside `submit`.
  handleCopyData({ chunk }: { chunk: Buffer }): void {
    if (this.failed) return;
    try {
      this.onData(chunk);
    } catch (error) {
      this.abort(error);
    }
  }
  handleCommandComplete(): void {}
  handleReadyForQuery(): void {
    this.finish();
  }
  handleError(error: Error): void {
    this.abort(error);
  }
}
