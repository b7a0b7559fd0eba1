/** `npm run emit` after an outage of *format* that outlived raw's stream, by the role that is meant for it. */
import { AthenaClient } from "@aws-sdk/client-athena";
import { DynamoDBClient, paginateScan, PutItemCommand, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { GetEventSourceMappingCommand, LambdaClient, ListEventSourceMappingsCommand } from "@aws-sdk/client-lambda";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Client } from "pg";
import { isSame } from "../../local/demo/compare";
import { compareLake } from "../../local/demo/verify";
import type { Laptop } from "../../local/laptop";
import { runQuery } from "../../ops/athena";
import { runCommand, type Surroundings } from "../../ops/command";
import { LOCAL_FILE, type DataOutputs, type LocalCloud } from "../../ops/deployment";
import { emit } from "../../ops/emit/run";

export interface World {
  readonly laptop: Laptop;
  readonly monolith: Client;
  readonly file: LocalCloud;
  /** Until every change has come as far as it comes. */
  settled(): Promise<void>;
}

const ignore = (): void => undefined;
const HOUR = 3_600;
const MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping";

interface Emitted {
  readonly rows: number;
  readonly emitted: number;
  readonly passed: number;
  readonly mark: string;
}

export function emitTests(world: () => World): void {
  const clients: { destroy(): void }[] = [];
  let home: string;
  let outputs: DataOutputs & { readonly emitterRoleArn: string };
  let raw: DynamoDBClient;
  let services: DynamoDBClient;
  let lambda: LambdaClient;
  let athena: AthenaClient;

  beforeAll(() => {
    const { file, laptop } = world();
    const { cloud, operators, region } = laptop.deployment;
    outputs = file.data.outputs as typeof outputs;
    const settings = (who: string) => ({ endpoint: cloud.url, region, credentials: cloud.credentials(who) });
    raw = new DynamoDBClient(settings(operators.data));
    services = new DynamoDBClient(settings(operators.prod));
    lambda = new LambdaClient(settings(operators.data));
    athena = new AthenaClient(settings(operators.data));
    clients.push(raw, services, lambda, athena);
    // Whoever runs the command has taken the role.
    home = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-emitter-"));
    fs.mkdirSync(path.dirname(path.join(home, LOCAL_FILE)));
    const data = { ...file.data, ...cloud.credentials(outputs.emitterRoleArn) };
    fs.writeFileSync(path.join(home, LOCAL_FILE), JSON.stringify({ ...file, data }));
  });

  afterAll(() => {
    for (const client of clients) client.destroy();
    fs.rmSync(home, { recursive: true });
  });

  /** Interrupted with Ctrl-C as soon as it has something to show, if `interrupt` says so. */
  async function run(argv: readonly string[], interrupt = false) {
    const abort = new AbortController();
    const out: string[] = [];
    const notes: string[] = [];
    const surroundings: Surroundings = {
      ...{ folder: home, environment: {}, signal: abort.signal },
      print: (text) => out.push(text),
      note: (text) => notes.push(text),
      status: (text) => {
        if (interrupt && text !== "") abort.abort();
      },
      input: async () => "",
    };
    const code = await runCommand("emit", emit, ["--local", "--json", ...argv], surroundings);
    return { code, notes: notes.join("\n"), result: (): Emitted => JSON.parse(out.join("\n")) };
  }

  const ask = async (sql: string) =>
    (await runQuery(sql, { client: athena, workgroup: outputs.workgroup, database: outputs.database })).rows;

  /** The tables of which the lake's view and the source differ. */
  async function different(): Promise<string[]> {
    const { workgroup, database } = outputs;
    const stores = { monolith: world().monolith, dynamodb: services, serviceTables: {}, athena, workgroup, database };
    const compared = await compareLake(stores, ignore);
    return compared.filter((each) => !isSame(each)).map(({ table }) => table);
  }

  async function* rawItems() {
    for await (const { Items = [] } of paginateScan({ client: raw }, { TableName: outputs.rawTable })) yield* Items;
  }

  /** *format* stops reading raw's stream. @returns what starts it again: at the end, the rest having expired meanwhile */
  async function outage(): Promise<() => Promise<void>> {
    const { cloud, region, operators } = world().laptop.deployment;
    const found = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: outputs.functions["format"] }));
    const [mapping] = found.EventSourceMappings ?? [];
    const provider = cloud.services.lambda.providers[MAPPING];
    if (mapping?.UUID === undefined || provider === undefined) throw new Error("format reads no stream");
    const { FunctionArn: functionName, EventSourceArn: eventSourceArn, BatchSize: batchSize } = mapping;
    await provider.delete?.(mapping.UUID, { id: mapping.UUID, outputs: {} }, context("old"));
    return async () => {
      const inputs = { functionName, eventSourceArn, batchSize, startingPosition: "LATEST" };
      const { id } = await provider.create(inputs, context("new"));
      const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID: id }));
      expect(State).toBe("Enabled");
    };
    function context(name: string) {
      return { type: MAPPING, name, urn: name, autoName: name, account: operators.data.split(":")[4] ?? "", region };
    }
  }

  /** Raw took all that it has an hour before. */
  async function age(): Promise<number> {
    let items = 0;
    for await (const { _key = { S: "" }, _acceptedAt } of rawItems()) {
      items += 1;
      await raw.send(
        new UpdateItemCommand({
          ...{ TableName: outputs.rawTable, Key: { _key }, UpdateExpression: "SET #at = :at" },
          ExpressionAttributeNames: { "#at": "_acceptedAt" },
          ExpressionAttributeValues: { ":at": { N: String(Number(_acceptedAt?.N) - HOUR) } },
        }),
      );
    }
    return items;
  }

  /** As it was before the model knew the column: raw kept it, and nobody read it. */
  async function forget(key: string, column: string, json: string): Promise<void> {
    await raw.send(
      new UpdateItemCommand({
        ...{
          TableName: outputs.rawTable,
          Key: { _key: { S: key } },
          UpdateExpression: "SET #rest = :json REMOVE #column",
        },
        ExpressionAttributeNames: { "#rest": `_rest:${column}`, "#column": column },
        ExpressionAttributeValues: { ":json": { S: json } },
      }),
    );
  }

  test("what format missed comes to the lake: changes, deletions, key changes, a column learnt since", async () => {
    const { monolith, settled } = world();
    await settled();
    expect(await different()).toEqual([]);
    const resume = await outage();
    const all = await age();
    const began = new Date().toISOString();
    const [changed, removed, learnt] = (await monolith.query("select id from shifts order by id limit 3")).rows.map(
      ({ id }: { id: string }) => id,
    );
    await monolith.query("update shifts set break_minutes = break_minutes + 1 where id = $1", [changed]);
    await monolith.query("delete from shifts where id = $1", [removed]);
    await monolith.query("update shifts set workload = 0.125 where id = $1", [learnt]);
    // Its large object is not logged: it moves along in raw.
    await monolith.query(
      "update contracts set id = md5(id::text)::uuid where id = (select id from contracts where terms is not null order by id limit 1)",
    );
    await services.send(
      new PutItemCommand({
        TableName: "tributary-clocking.punches",
        Item: {
          ...{ id: { S: "00000000-0000-4000-8000-00000000000e" }, shop_id: { N: "1" }, user_id: { N: "1" } },
          ...{ shift_id: { NULL: true }, direction: { S: "in" }, punched_at: { S: "2026-11-24T08:00:00.000001Z" } },
        },
      }),
    );
    await settled();
    await forget(`monolith.shifts#${learnt}`, "workload", "0.125");
    await resume();
    await settled();
    expect(await different()).toEqual(["contracts", "shifts"]);
    const punch = "select id from punches where id = '00000000-0000-4000-8000-00000000000e'";
    expect(await ask(punch)).toEqual([]);

    const { code, notes, result } = await run(["--since", began, "--all"]);
    expect(notes).toMatch(/^Rows that raw has accepted since .*monolith\.shops, /);
    expect(code).toBe(0);
    // Three shifts, both keys of the contract and the punch; the others raw took before.
    expect(result()).toMatchObject({ rows: 6, emitted: 6, passed: 0 });
    expect(all).toBeGreaterThan(6);
    await settled();
    expect(await different()).toEqual([]);
    expect(await ask(punch)).toHaveLength(1);
    expect(await ask(`select workload from shifts where id = ${learnt}`)).toEqual([["0.125"]]);

    const lines = async () => Number((await ask("select count(*) from changes_shifts"))[0]?.[0]);
    const before = await lines();
    const again = await run(["--since", began, "--all", "--mark", result().mark]);
    expect(again.result()).toMatchObject({ rows: 6, emitted: 0, passed: 6, mark: result().mark });
    await settled();
    expect(await lines()).toBe(before);
  }, 120_000);

  test("interrupted it says how to go on; what changes meanwhile wins, whenever its row's turn is", async () => {
    const { monolith, settled } = world();
    const stopped = await run(["--rate", "200", "shifts", "contracts"], true);
    expect(stopped.code).toBe(130);
    const [, emitted = "", mark = ""] =
      /([\d,]+) emitted, .* the same command with --mark (\S+)/.exec(stopped.notes) ?? [];
    const before = Number(emitted);
    expect(before).toBeGreaterThan(0);

    const rest = run(["--rate", "400", "--mark", mark, "shifts", "contracts"]);
    await monolith.query("update shifts set break_minutes = 7 where id % 3 = 0");
    await monolith.query(
      "delete from shifts where id in (select id from shifts where id % 3 = 1 order by id limit 20)",
    );
    await monolith.query("update shifts set break_minutes = 9 where id % 3 = 2");
    const { code, result } = await rest;
    expect(code).toBe(0);
    const { rows, passed } = result();
    expect(result()).toMatchObject({ mark, emitted: rows - passed, passed: before });
    expect(rows).toBeGreaterThan(400);
    await settled();
    expect(await different()).toEqual([]);
  }, 120_000);
}
