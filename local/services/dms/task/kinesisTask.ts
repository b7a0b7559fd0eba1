/** A task that writes to a stream: loads tables, follows the log, or first one and then the other. */
import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import type { Client } from "pg";
import type { FromTask, KinesisTarget, StopReason, TaskSpec } from "../spec";
import { readTables, type SourceTable } from "./catalog";
import { readCheckpoint, writeCheckpoint, type Checkpoint } from "./checkpoint";
import { createClient } from "./connection";
import { alterations, AUDIT_TABLE, beat, createDdlArtifacts } from "./ddl";
import { tableOf, truncatedTables } from "./decoding";
import { FatalError, messageOf, PassingError } from "./errors";
import { Loader } from "./loader";
import type { Log } from "./log";
import { NO_TABLES, policies } from "./policy";
import { parsePosition, Positions, positionText, type Transaction } from "./positions";
import { OrderedSender } from "./sender";
import { createSlot, dropSlot, newSlotName, requireSlot, SlotReader } from "./slot";
import { Tables } from "./tables";
import { Transactions, type LoggedTransaction } from "./transactions";
import { untilCaughtUp, untilVisible } from "./visibility";

/** Milliseconds between two looks at what is to be written down, acknowledged and told. */
const TICK = 200;
/** PostgreSQL gives up on a reader that says nothing for a minute (wal_sender_timeout). */
const SILENCE = 10_000;

export class KinesisTask {
  private readonly hasChanges: boolean;
  private readonly kinesis: KinesisClient;
  private readonly sender: OrderedSender;
  private readonly query: Client;
  private readonly transactions = new Transactions();
  private tables: Tables | undefined;
  private loader: Loader | undefined;
  private positions = new Positions(0n, () => undefined);
  private replication: Client | undefined;
  private reader: SlotReader | undefined;
  private slot: string | undefined;
  private timers: NodeJS.Timeout[] = [];
  private paused = false;
  private written = "";
  private told = "";
  private acknowledged = { position: 0n, at: 0 };
  /** The transaction that was applied last. */
  private latest: string | undefined;
  private stopNow: () => void = () => undefined;
  private readonly stopping = new Promise<StopReason>((resolve) => (this.stopNow = () => resolve("NORMAL")));

  constructor(
    private readonly spec: TaskSpec,
    private readonly target: KinesisTarget,
    private readonly log: Log,
    private readonly tell: (message: FromTask) => void,
  ) {
    const { endpoint, region, ...credentials } = spec.aws;
    const { ParallelApplyThreads, ParallelLoadThreads } = spec.settings.TargetMetadata;
    this.hasChanges = spec.migrationType !== "full-load";
    // By default the client opens a connection for each request.
    const requestHandler = { disableConcurrentStreams: false };
    this.kinesis = new KinesisClient({ endpoint, region, credentials, requestHandler });
    this.sender = new OrderedSender(
      async (Records) => {
        const answer = await this.kinesis.send(new PutRecordsCommand({ StreamARN: target.streamArn, Records }));
        return (answer.Records ?? []).map(({ ErrorCode }) => ErrorCode === undefined);
      },
      Math.max(1, ParallelApplyThreads, ParallelLoadThreads),
    );
    this.query = createClient(spec.source, "query", `dms ${spec.name}`);
  }

  /** Resolves with why it ended. @throws what made it fail. */
  async run(): Promise<StopReason> {
    try {
      return await Promise.race([this.work(), this.stopping]);
    } finally {
      await this.close();
    }
  }

  stop(): void {
    this.stopNow();
  }

  reload(tables: readonly { schema: string; table: string }[]): void {
    const { tables: all, loader } = this;
    if (all === undefined || loader === undefined) return;
    loader.enqueue(tables.map(({ schema, table }) => all.find(schema, table)));
  }

  private async work(): Promise<StopReason> {
    const { spec, log, sender } = this;
    const broken = new Promise<never>((_, reject) => this.query.on("error", reject));
    broken.catch(() => undefined);
    await this.query.connect();
    if (this.hasChanges && spec.source.settings.captureDdls) {
      await createDdlArtifacts(this.query, spec.source.settings.ddlArtifactsSchema);
    }
    const found = await this.readTables();
    if (found.length === 0 && spec.settings.ErrorBehavior.FailOnNoTablesCaptured) throw new FatalError(NO_TABLES);

    const known = readCheckpoint(spec.folder);
    const start = this.hasChanges ? await this.openSlot(known) : undefined;
    this.positions = new Positions(start?.position ?? 0n, () => undefined);
    const tables = this.makeTables();
    const loaded = start?.isNew === true ? [] : (known?.loaded ?? []);
    const toLoad = found.flatMap((table) => {
      const work = tables.add(table);
      const before = loaded.find(({ schema, table: name }) => schema === table.schema && name === table.name);
      if (before !== undefined) work.restore(before);
      if (before === undefined && spec.migrationType !== "cdc") return [work];
      work.state = "Table completed";
      return [];
    });
    const loader = (this.loader = new Loader({
      ...{ spec, tables, sender, log },
      policies: policies(spec.settings, spec.source, log),
      beforeLoad: () => this.untilVisible(),
      onLoaded: () => this.writeDown(),
    }));
    if (start?.isNew ?? loaded.length === 0) tables.announce();
    loader.enqueue(toLoad);
    this.timers.push(setInterval(() => this.tick(), TICK));
    this.tick();
    this.tell({ kind: "running" });
    log.info("TASK_MANAGER", `Task '${spec.name}' running ${spec.migrationType} in ${spec.start} mode`);

    const ends: Promise<StopReason>[] = [broken, sender.failed, loader.failure];
    if (start === undefined) {
      ends.push(
        loader
          .finished()
          .then(() => sender.drained())
          .then(() => "FULL_LOAD_ONLY_FINISHED"),
      );
    } else {
      this.beat();
      ends.push(this.follow(start.slot, start.position, tables));
    }
    return await Promise.race(ends);
  }

  /** What the log has shown is to be seen by whoever reads the source from now on. */
  private async untilVisible(): Promise<void> {
    if (this.latest !== undefined) await untilVisible(this.query, this.latest);
  }

  private readTables(): Promise<SourceTable[]> {
    const { mapping, source, settings } = this.spec;
    return readTables(this.query, mapping, source.settings, settings.TargetMetadata.SupportLobs);
  }

  private makeTables(): Tables {
    const { spec, target, log, sender, positions } = this;
    const rules = policies(spec.settings, spec.source, log);
    return (this.tables = new Tables({
      ...{ sender, positions, policies: rules },
      warn: (message) => log.warn("SOURCE_CAPTURE", message),
      options: {
        ...{ resourceId: spec.resourceId, target, settings: spec.settings, mapping: spec.mapping },
        source: spec.source.settings,
        onTruncated: (table, column) => rules.onTruncated(table, column),
      },
    }));
  }

  /** The slot of before, or a new one; its name is written down first, so that none is left behind unknown. */
  private async openSlot(known: Checkpoint | undefined): Promise<{ slot: string; position: bigint; isNew: boolean }> {
    const { spec, log } = this;
    const replication = (this.replication = createClient(spec.source, "replication", `dms ${spec.name} changes`));
    replication.on("error", () => undefined);
    await replication.connect();
    if (known?.slot !== undefined && known.position !== undefined) {
      await requireSlot(this.query, known.slot);
      this.slot = known.slot;
      return { slot: known.slot, position: parsePosition(known.position), isNew: false };
    }
    if (known?.slot !== undefined) await dropSlot(this.query, known.slot);
    const slot = (this.slot = await newSlotName(this.query, spec.resourceId));
    writeCheckpoint(spec.folder, { slot, loaded: [] });
    const { position, snapshot } = await createSlot(replication, slot);
    await untilCaughtUp(this.query, snapshot);
    log.info("SOURCE_CAPTURE", `Replication slot '${slot}' with test_decoding, from ${positionText(position)}`);
    return { slot, position, isNew: true };
  }

  /** Reads the slot; ends only by failing. */
  private async follow(slot: string, position: bigint, tables: Tables): Promise<never> {
    const { transactions, replication } = this;
    if (replication === undefined) throw new Error("No connection for replication");
    const reader = (this.reader = new SlotReader(replication, slot, positionText(position), {
      onMessage: (text, at) => {
        transactions.add(text, at);
        if (this.paused || !(transactions.isFull || tables.isCacheFull)) return;
        this.paused = true;
        reader.pause();
      },
      onKeepalive: (end) => {
        if (transactions.isEmpty) this.positions.idle(end);
      },
    }));
    reader.start();
    await Promise.race([reader.done, transactions.forEach((transaction) => this.apply(transaction, tables))]);
    throw new PassingError("The source has ended the replication.");
  }

  private async apply({ id, end, committedAt, messages }: LoggedTransaction, tables: Tables): Promise<void> {
    this.latest = id;
    const transaction = this.positions.begin(end);
    const position = positionText(end);
    let recordId = 1;
    let counter = 1;
    for (const text of messages) {
      counter += 1;
      const place = { transactionId: id, position, committedAt, counter, recordId };
      if (await tables.change(text, place, transaction)) recordId += 1;
      else await this.other(text, tables, transaction);
    }
    this.positions.release(transaction);
  }

  /** A message that is no change of a row of ours. */
  private async other(text: string, tables: Tables, transaction: Transaction): Promise<void> {
    const about = tableOf(text);
    if (about?.table.endsWith(AUDIT_TABLE)) {
      const isOurs = about.table === `${this.spec.source.settings.ddlArtifactsSchema}.${AUDIT_TABLE}`;
      if (isOurs && text.startsWith("INSERT", about.bodyAt)) {
        await this.definitionsChanged(tables, transaction, text.includes("c_tag[character varying]:'DROP TABLE'"));
      }
      return;
    }
    if (!text.includes(": TRUNCATE:")) return;
    for (const name of truncatedTables(text)) {
      if (!tables.byName.has(name)) continue;
      if (this.spec.settings.ErrorBehavior.ApplyErrorFailOnTruncationDdl) {
        throw new FatalError(`Table ${name} was truncated on the source, and ApplyErrorFailOnTruncationDdl is set.`);
      }
      this.log.warn("SOURCE_CAPTURE", `Table ${name} was truncated on the source. TRUNCATE is not replicated.`);
    }
  }

  /** The statement's place in the log is this; the catalog may be further on, so rows name their columns themselves. */
  private async definitionsChanged(tables: Tables, transaction: Transaction, isDrop: boolean): Promise<void> {
    const { HandleSourceTableAltered, HandleSourceTableDropped } = this.spec.settings.ChangeProcessingDdlHandlingPolicy;
    const announced = this.target.includeTableAlterOperations;
    const send = (operation: Parameters<Tables["control"]>[0], table: SourceTable): void => {
      this.positions.hold(transaction);
      tables.control(operation, table, () => this.positions.release(transaction));
    };
    await this.untilVisible();
    const found = await this.readTables();
    for (const table of found) {
      const work = tables.byName.get(table.quoted);
      if (work === undefined || work.state === "Table does not exist") {
        const added = work ?? tables.add(table);
        added.redefine(table);
        added.state = "Table completed";
        send("create-table", table);
        continue;
      }
      const operations = alterations(work.table, table);
      work.redefine(table);
      work.ddls += operations.length;
      if (announced && HandleSourceTableAltered) for (const operation of operations) send(operation, table);
    }
    if (!isDrop) return;
    for (const [name, work] of tables.byName) {
      if (work.state === "Table does not exist" || found.some(({ quoted }) => quoted === name)) continue;
      // Changes from before the drop may still come, and are sent.
      work.state = "Table does not exist";
      work.ddls += 1;
      if (announced && HandleSourceTableDropped) send("drop-table", work.table);
    }
  }

  private beat(): void {
    const { heartbeatEnable, heartbeatFrequency, heartbeatSchema } = this.spec.source.settings;
    if (!heartbeatEnable) return;
    const once = (): void => {
      beat(this.query, heartbeatSchema, this.spec.resourceId).catch((error: unknown) =>
        this.log.warn("SOURCE_CAPTURE", `Heartbeat failed: ${messageOf(error)}`),
      );
    };
    once();
    // A frequency of 0 makes DMS write without pause; once a second shows the same.
    this.timers.push(setInterval(once, Math.max(1000, heartbeatFrequency * 60_000)));
  }

  private tick(): void {
    const { reader, tables } = this;
    this.writeDown();
    if (reader !== undefined) {
      const position = this.positions.position;
      const isLate = reader.mustAnswer || Date.now() - this.acknowledged.at > SILENCE;
      if (position !== this.acknowledged.position || isLate) {
        reader.acknowledge(position);
        this.acknowledged = { position, at: Date.now() };
      }
      if (this.paused && !this.transactions.isFull && tables?.isCacheFull !== true) {
        this.paused = false;
        reader.resume();
      }
    }
    const statistics = tables?.statistics() ?? [];
    const text = JSON.stringify(statistics);
    if (text === this.told) return;
    this.told = text;
    this.tell({ kind: "tables", tables: statistics });
  }

  /** Before the source may forget anything. */
  private writeDown(): void {
    const loaded = (this.tables?.statistics() ?? []).filter(({ state }) => state === "Table completed");
    const position = this.hasChanges ? positionText(this.positions.position) : undefined;
    const checkpoint = { ...(this.slot === undefined ? {} : { slot: this.slot, position }), loaded };
    const text = JSON.stringify(checkpoint);
    if (text === this.written) return;
    this.written = text;
    writeCheckpoint(this.spec.folder, checkpoint as Checkpoint);
    if (position !== undefined) this.tell({ kind: "position", position });
  }

  private async close(): Promise<void> {
    this.loader?.stop();
    this.transactions.end();
    await this.sender.stop();
    for (const timer of this.timers) clearInterval(timer);
    if (this.tables !== undefined) this.tick();
    for (const client of [this.replication, this.query]) client?.connection.stream.end();
    this.kinesis.destroy();
  }
}
