/** The production account: from the monolith's log to the services' tables and to the streams that leave the account. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Service as ServiceModel, Table } from "../../model";
import * as model from "../../model";
import { PrivateBucket } from "../bucket";
import type { ProdConfig } from "../config";
import { customerKey } from "../key";
import { Watch } from "../watch";
import { watchEvents, watchFullLoad, watchMonolith, watchReplication, watchStreams } from "./alarms";
import { Changes } from "./changes";
import { Filters, type Follows } from "./filters";
import { FullLoad } from "./fullLoad";
import { Network } from "./network";
import { Replication } from "./replication";
import { Service } from "./service";
import { Source } from "./source";
import { Streams } from "./streams";

export interface ProdOutputs {
  readonly changesStreamArn: pulumi.Output<string>;
  readonly serviceChangesStreamArn: pulumi.Output<string>;
  readonly streamsKeyArn: pulumi.Output<string>;
  readonly changesTaskArn: pulumi.Output<string>;
  readonly fullLoadTaskArn: pulumi.Output<string>;
  /** DynamoDB table of the projection, by service. */
  readonly serviceTables: Readonly<Record<string, pulumi.Output<string>>>;
  /** DynamoDB table, by table id, of the tables that services own. */
  readonly ownTables: Readonly<Record<string, pulumi.Output<string>>>;
  readonly failuresBucket: pulumi.Output<string>;
  /** The topic that people subscribe to. */
  readonly alarmsTopicArn: pulumi.Output<string>;
  /** Of the database that the program made: whoever uses it is admitted there. */
  readonly databaseSecurityGroupId?: pulumi.Output<string>;
  /** Name of the projection function, by service: also the folder of `failuresBucket` in which it parks. */
  readonly functions: Readonly<Record<string, pulumi.Output<string>>>;
}

/** Days for which what could not be taken waits to be looked at. */
const KEEP_FAILURES_DAYS = 90;

/**
 * Kinesis' limits of one stream. Shared readers have five requests a second of each shard between them, and Lambda makes one a
 * second; consumers of enhanced fan-out are counted for the stream (Kinesis guide, "Quotas and limits").
 */
const SHARED_READERS = 5;
const CONSUMERS = 20;

/** @throws RunError if the services are more than the stream has room for */
function checkReaders(config: ProdConfig, services: number): boolean {
  const enhanced = config.streams.readers === "enhanced";
  // Capture reads, too, always as a shared reader.
  const [readers, limit] = enhanced ? [services, CONSUMERS] : [services + 1, SHARED_READERS];
  if (readers <= limit) return enhanced;
  throw new pulumi.RunError(
    `${readers} readers of the stream of changes are more than the ${limit} that it has room for: ` +
      (enhanced
        ? "let services share a function, or ask AWS for more consumers (docs/configuration.md)."
        : "set tributary:streams.readers to enhanced (docs/configuration.md)."),
  );
}

/** What is replicated, and for whom. */
interface Model {
  readonly tables: readonly Table[];
  readonly services: readonly ServiceModel[];
}

/** Names of tables by service. */
const followedBy = (services: readonly ServiceModel[]): Follows =>
  Object.fromEntries(services.map(({ name, follows }) => [name, follows.map(({ table }) => table)]));

export function prod(config: ProdConfig, { tables, services }: Model = model): ProdOutputs {
  const enhanced = checkReaders(config, services.length);
  const { start = true } = config.replication;
  const account = config.prodAccountId;
  const provider = new aws.Provider("prod", { region: config.region, allowedAccountIds: [account] });
  const here = { providers: { aws: provider } };

  const streams = new Streams("streams", { accounts: config }, here);
  const network = new Network("network", { config }, here);
  const replication = new Replication("replication", { config, network }, here);
  const source = new Source("source", { config, tables, network, key: replication.key }, here);

  const key = customerKey(
    "services",
    { account, description: "The services' tables and the failed records" },
    { provider },
  );
  const { bucket } = new PrivateBucket("failures", { key, expire: { "": KEEP_FAILURES_DAYS } }, here);
  const projections = services.map(
    (service) =>
      new Service(
        service.name,
        { service, monolith: tables, region: config.region, streams, key, failures: { bucket, key }, enhanced },
        here,
      ),
  );
  const filters = new Filters(
    "filters",
    { follows: followedBy(services), seconds: config.streams.filterSeconds },
    { dependsOn: projections },
  );
  const changes = new Changes(
    "changes",
    { accounts: config, tables, source, replication, streams, start, readers: [...projections, filters] },
    here,
  );
  const fullLoad = new FullLoad(
    "full-load",
    { accounts: config, when: config.fullLoad, start, tables, source, replication },
    here,
  );

  const watch = new Watch(
    "watch",
    { account, region: config.region, emails: config.alarmEmails, publishers: ["dms.amazonaws.com"] },
    here,
  );
  const watched = { config, watch, replication, changes, fullLoad, source, streams };
  watchReplication(watched);
  watchMonolith(watched);
  watchStreams(watched);
  watchFullLoad(watched);
  for (const projection of projections) projection.watchedBy(watch);
  watchEvents(watched, { parent: watch });
  watch.dashboard();

  return {
    changesStreamArn: streams.changes.arn,
    serviceChangesStreamArn: streams.serviceChanges.arn,
    streamsKeyArn: streams.key.arn,
    changesTaskArn: changes.task.replicationTaskArn,
    fullLoadTaskArn: fullLoad.task.replicationTaskArn,
    serviceTables: Object.fromEntries(projections.map(({ serviceName, table }) => [serviceName, table.name])),
    ownTables: Object.assign({}, ...projections.map(({ ownTables }) => ownTables)),
    failuresBucket: bucket.bucket,
    alarmsTopicArn: watch.topic.arn,
    ...(source.securityGroupId === undefined ? {} : { databaseSecurityGroupId: source.securityGroupId }),
    functions: Object.fromEntries(projections.map(({ serviceName, functionName }) => [serviceName, functionName])),
  };
}
