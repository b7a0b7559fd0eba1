/** The production account: from the monolith's log to the services' tables and to the streams that leave the account. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { services, tables } from "../../model";
import { PrivateBucket } from "../bucket";
import type { ProdConfig } from "../config";
import { customerKey } from "../key";
import { Changes } from "./changes";
import { FullLoad } from "./fullLoad";
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
  /** Name of the projection function, by service: also the folder of `failuresBucket` in which it parks. */
  readonly functions: Readonly<Record<string, pulumi.Output<string>>>;
}

/** Days for which what could not be taken waits to be looked at. */
const KEEP_FAILURES_DAYS = 90;

export function prod(config: ProdConfig): ProdOutputs {
  const account = config.prodAccountId;
  const provider = new aws.Provider("prod", { region: config.region, allowedAccountIds: [account] });
  const here = { providers: { aws: provider } };

  const streams = new Streams("streams", { accounts: config }, here);
  const replication = new Replication("replication", { config }, here);
  const source = new Source("source", { config, tables, key: replication.key }, here);

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
        { service, monolith: tables, region: config.region, streams, key, failures: { bucket, key } },
        here,
      ),
  );
  const changes = new Changes(
    "changes",
    { accounts: config, tables, source, replication, streams, readers: projections },
    here,
  );
  const fullLoad = new FullLoad(
    "full-load",
    { accounts: config, when: config.fullLoad, tables, source, replication },
    here,
  );

  return {
    changesStreamArn: streams.changes.arn,
    serviceChangesStreamArn: streams.serviceChanges.arn,
    streamsKeyArn: streams.key.arn,
    changesTaskArn: changes.task.replicationTaskArn,
    fullLoadTaskArn: fullLoad.task.replicationTaskArn,
    serviceTables: Object.fromEntries(projections.map(({ serviceName, table }) => [serviceName, table.name])),
    ownTables: Object.assign({}, ...projections.map(({ ownTables }) => ownTables)),
    failuresBucket: bucket.bucket,
    functions: Object.fromEntries(projections.map(({ serviceName, functionName }) => [serviceName, functionName])),
  };
}
