/** What the Pulumi program asks of DMS, as far as the source has to fit it. */

export interface Expected {
  /** Of the replication instance. */
  readonly engineVersion: string;
  /** `YYYY-MM-DD` */
  readonly today: string;
  /** LobMaxSize of the tasks, KB. */
  readonly lobMaxKb: number;
  /** Where DMS keeps its heartbeat and its record of DDL. */
  readonly artifactsSchema: string;
  /** Transactions that are open for longer are worth a word. */
  readonly openTransactionSeconds: number;
  /** A slot that keeps more of the log is worth a word. */
  readonly slotLagBytes: number;
}

/** The replication's version where the stack's settings name none. */
export const DEFAULT_ENGINE_VERSION = "3.6.1";

/** As infra/prod sets them: this folder may not import it, so test/graph holds the two together. */
export const PROGRAM = {
  lobMaxKb: 512,
  artifactsSchema: "public",
  // DMS waits for so long, when a task starts, for the transactions that are open (TransactionConsistencyTimeout).
  openTransactionSeconds: 600,
} as const;

/** A gigabyte: far beyond what a task in step keeps, far below what fills a disk. */
const SLOT_LAG_BYTES = 1024 ** 3;

export const expected = (engineVersion: string, today: string): Expected => ({
  ...PROGRAM,
  slotLagBytes: SLOT_LAG_BYTES,
  engineVersion,
  today,
});

/** Of the secret of a database that the program makes. */
export const DATABASE_SECRET = "tributary-database";
