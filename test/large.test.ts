/**
 * Rows that no item of DynamoDB can hold, all the way into the lake: loaded, changed, grown by an update, moved to another key,
 * shrunk, deleted. A service, whose items can hold them no more than ours, parks them.
 */
import { AthenaClient } from "@aws-sdk/client-athena";
import { DatabaseMigrationServiceClient } from "@aws-sdk/client-database-migration-service";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Client } from "pg";
import { mentioned, pointerOf } from "../functions/overflow";
import { compareRows } from "../local/demo/compare";
import { start, type Deployment } from "../local/demo/deploy";
import { silentProgress } from "../local/demo/progress";
import { lakeRows, serviceItems, sourceColumns, sourceRows } from "../local/demo/rows";
import { pipesRunDry, replicationCatchesUp } from "../local/demo/settle";
import { connect } from "../local/sample/connect";
import { readFailures, reasonsOf } from "../ops/redrive/failures";
import { sendItems } from "../ops/redrive/send";
import { everything } from "./roundTrip/model";

const [schema = ""] = fs.readFileSync(path.join(__dirname, "roundTrip/rows.sql"), "utf8").split(/^-- before\b.*$/m);
const program = path.join(__dirname, "roundTrip/program");
const silent = (): void => undefined;

/** So many kilobytes that PostgreSQL cannot compress, other ones each time. */
const LONG = `create function long(kilobytes int) returns text language sql volatile as
  $$ select string_agg(md5(random()::text), '') from generate_series(1, kilobytes * 32) $$`;
/** Two of them are more than an item holds; DMS' limit for one is 512 KB at two bytes a character. */
const KB = 240;

async function fill(client: Client): Promise<number> {
  await client.query(`${schema}; ${LONG};
    insert into everything (id, c_text) values (1, 'fits');
    insert into everything (id, c_integer, c_text, c_json) values (2, 1, long(${KB}), to_json(long(${KB})))`);
  return 2;
}

let folder: string;
let deployment: Deployment | undefined;
let monolith: Client | undefined;
const clients: { destroy(): void }[] = [];

beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-"));
  fs.chmodSync(folder, 0o755);
});

afterAll(async () => {
  for (const client of clients) client.destroy();
  await monolith?.end();
  await deployment?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});

test("they reach the lake value by value, and what they held goes when they go", async () => {
  const running = (deployment = await start({ folder, fill, program, progress: silentProgress }));
  const source = (monolith = await connect(running.monolith));
  const ofProd = await running.up("prod");
  const ofData = await running.up("data");
  const { cloud, region, operators } = running;
  const settings = (arn: string) => ({ endpoint: cloud.url, region, credentials: cloud.credentials(arn) });
  const [prod, data] = [settings(operators.prod), settings(operators.data)];
  const dms = new DatabaseMigrationServiceClient(prod);
  const prodS3 = new S3Client({ ...prod, forcePathStyle: true });
  const dynamodb = new DynamoDBClient(data);
  const athena = new AthenaClient(data);
  const lambda = new LambdaClient(data);
  const s3 = new S3Client({ ...data, forcePathStyle: true });
  clients.push(dms, prodS3, dynamodb, athena, lambda, s3);

  const names = ["id", "c_integer", "c_text", "c_json", "c_xml", "c_bytea"];
  const columns = (await sourceColumns(source, everything.name)).filter(({ name }) => names.includes(name));
  const query = { client: athena, workgroup: String(ofData["workgroup"]), database: String(ofData["database"]) };
  const settle = async (): Promise<void> => {
    await replicationCatchesUp(source, { dms, taskArn: String(ofProd["changesTaskArn"]) }, silent);
    await pipesRunDry(cloud, silent);
  };
  const differences = async (): Promise<readonly string[]> => {
    const expected = await sourceRows(source, everything.name, columns, everything.key);
    const actual = await lakeRows(everything.name, columns, everything.key, query);
    return compareRows({ store: "lake", table: everything.name, columns: names }, expected, actual).examples;
  };
  const overflow = String(ofData["overflowBucket"]);
  const functions = ofData["functions"] as Readonly<Record<string, string>>;
  const objects = async (): Promise<string[]> =>
    ((await s3.send(new ListObjectsV2Command({ Bucket: overflow }))).Contents ?? []).map(({ Key = "" }) => Key);
  const rawItems = async () =>
    (await serviceItems(dynamodb, String(ofData["rawTable"]))).get("monolith.everything") ?? [];
  /** The columns of each row that lie in the overflow, once it is known that nothing else lies there. */
  const overflowed = async (): Promise<Record<string, string[]>> => {
    const items = await rawItems();
    expect((await objects()).sort()).toEqual(items.flatMap(mentioned).sort());
    return Object.fromEntries(
      items.map((item) => [
        item["id"]?.N ?? "",
        Object.keys(item)
          .filter((name) => pointerOf(item[name]) !== undefined)
          .sort(),
      ]),
    );
  };
  const failures = (client: S3Client, bucket: unknown) => readFailures(client, String(bucket), "", functions);
  const reasons = async (client: S3Client, bucket: unknown): Promise<string[]> =>
    (await failures(client, bucket)).failures.flatMap((failure) => [...reasonsOf(failure).keys()]);

  // Loaded: too large at once. Updates: one by which the row grows too large, one that leaves its values alone.
  await settle();
  expect(await differences()).toEqual([]);
  expect(await overflowed()).toEqual({ "1": [], "2": ["c_json", "c_text"] });
  await source.query(`update everything set c_text = long(${KB}) where id = 1`);
  await source.query(`update everything set c_json = to_json(long(${KB})) where id = 1`);
  await source.query("update everything set c_integer = 7 where id = 2");
  await settle();
  expect(await differences()).toEqual([]);
  expect(await overflowed()).toEqual({ "1": ["c_json", "c_text"], "2": ["c_json", "c_text"] });

  // Moved with its values; one of them replaced; the other shrunk, so that the row fits again.
  await source.query("update everything set id = 3 where id = 2");
  await settle();
  expect(await differences()).toEqual([]);
  expect(await overflowed()).toEqual({ "1": ["c_json", "c_text"], "3": ["c_json", "c_text"] });
  await source.query(`update everything set c_text = long(${KB}) where id = 3`);
  await source.query(`update everything set c_json = '{}' where id = 3`);
  await settle();
  expect(await differences()).toEqual([]);
  expect(await overflowed()).toEqual({ "1": ["c_json", "c_text"], "3": [] });
  await source.query("delete from everything where id = 1");
  await settle();
  expect(await differences()).toEqual([]);
  expect(await objects()).toEqual([]);

  // Only the service has something to complain of, and in no other words.
  const failuresBucket = ofData["failuresBucket"];
  expect(await reasons(s3, failuresBucket)).toEqual([]);
  expect(new Set(await reasons(prodS3, ofProd["failuresBucket"]))).toEqual(new Set(["oversized"]));

  // More than Firehose takes as one record: parked, with those behind it going on, and put back it is parked again.
  await source.query(
    `insert into everything (id, c_text, c_xml) values (4, long(${KB}), ('<x>' || long(400) || '</x>')::xml), (5, 'small', null)`,
  );
  await source.query(
    `update everything set c_json = to_json(long(${KB})), c_bytea = decode(repeat('00ff', 60000), 'hex') where id = 4`,
  );
  await source.query("update everything set c_text = 'behind it' where id = 5");
  await settle();
  expect(await reasons(s3, failuresBucket)).toEqual(["row-too-large"]);
  const [parked] = (await failures(s3, failuresBucket)).failures;
  if (parked?.kind !== "items") throw new Error("no items were parked");
  expect([...(await sendItems(lambda, functions["format"] ?? "", parked)).fates.values()]).toEqual(["parked"]);
  expect(await differences()).toEqual([
    expect.stringMatching(/^\["4"\] c_json: the source has .*, the store NULL$/),
    expect.stringMatching(/^\["4"\] c_bytea: the source has .*, the store NULL$/),
  ]);
  await source.query("update everything set c_xml = null, c_text = 'short' where id = 4");
  await source.query("delete from everything where id = 4");
  await settle();
  expect(await differences()).toEqual([]);
  expect(await objects()).toEqual([]);
  expect(cloud.services.lambda.problems()).toEqual([]);
}, 180_000);
