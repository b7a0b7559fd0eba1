/**
 * The laptop cloud: all services behind one endpoint, and the engine that deploys a Pulumi program into it. This is the one
 * place that knows every service; they know only what they offer one another (core/contracts.ts).
 */
import * as path from "node:path";
import { startEndpoint } from "./core/http";
import { PolicyAuthorizer } from "./core/iam/authorizer";
import { Principals, type Credentials } from "./core/principals";
import type { Authorizer, LocalService, Surroundings } from "./core/service";
import { Engine, type DestroyOptions, type StackState, type UpOptions } from "./engine/engine";
import { claimFolder } from "./folder";
import { athenaService } from "./services/athena/athena";
import { dmsService } from "./services/dms/dms";
import { dynamodbService } from "./services/dynamodb/dynamodb";
import { firehoseService } from "./services/firehose/firehose";
import { glueService } from "./services/glue/glue";
import { iamService } from "./services/iam";
import { kinesisService } from "./services/kinesis/kinesis";
import { kmsService } from "./services/kms";
import { lambdaService } from "./services/lambda/lambda";
import { monitoringService } from "./services/monitoring";
import { networkService } from "./services/network";
import { notificationsService } from "./services/notifications";
import { s3Service } from "./services/s3/s3";
import { schedulerService } from "./services/scheduler";
import { secretsService } from "./services/secrets";
import { stsService } from "./services/sts";

export type { Progress, StackState } from "./engine/engine";

export interface CloudOptions {
  /** Emptied at the start: the services' data lives as long as the process. */
  readonly folder: string;
  /** See `Surroundings`. Default 1: as slow as AWS. */
  readonly haste?: number;
  /** Of clients that `environment` is given to. */
  readonly region?: string;
}

export interface Cloud {
  /** What AWS_ENDPOINT_URL wants. */
  readonly url: string;
  /** The access key of a role, or of an account's operator: `arn:aws:iam::<account>:root`. */
  credentials(arn: string): Credentials;
  /** What any AWS client needs in its environment to act as that identity in this cloud. */
  environment(arn: string): Record<string, string>;
  /** Deploys a program; see `Engine.up`. */
  up(options: UpOptions): Promise<StackState>;
  destroy(options: DestroyOptions): Promise<void>;
  /** What a stack consists of; undefined if it is not up. */
  stack(name: string): StackState | undefined;
  readonly services: ReturnType<typeof makeServices>;
  /** Ends everything: no process, timer or socket is left. Safe to call twice. */
  close(): Promise<void>;
}

function makeServices(surroundings: Surroundings, policies: PolicyAuthorizer) {
  const kinesis = kinesisService(surroundings);
  const s3 = s3Service(surroundings);
  const glue = glueService(surroundings);
  const dynamodb = dynamodbService(surroundings, { sink: kinesis });
  const secrets = secretsService(surroundings);
  return {
    iam: iamService(surroundings),
    kms: kmsService(surroundings, policies),
    sts: stsService(surroundings),
    secrets,
    monitoring: monitoringService(),
    scheduler: schedulerService(surroundings),
    network: networkService(),
    notifications: notificationsService(),
    kinesis,
    s3,
    glue,
    dynamodb,
    firehose: firehoseService(surroundings, { objects: s3, catalog: glue }),
    dms: dmsService(surroundings, { secrets }),
    athena: athenaService(surroundings, { objects: s3, catalog: glue }),
    lambda: lambdaService(surroundings, { streams: [kinesis, dynamodb], objects: s3 }),
  };
}

/** @throws Error if the folder cannot be used */
export async function startCloud({ folder, haste = 1, region = "eu-west-1" }: CloudOptions): Promise<Cloud> {
  const home = path.resolve(folder);
  const release = claimFolder(home);
  const principals = new Principals();
  const policies = new PolicyAuthorizer();
  let url = "";
  // What the program's policies do not allow is refused. (`new KnownPrincipals()` in its place would allow everything.)
  const authorizer: Authorizer = policies;
  const surroundings: Surroundings = { folder: home, authorizer, policies, principals, haste, endpointUrl: () => url };
  const services = makeServices(surroundings, policies);
  const all: LocalService[] = Object.values(services);
  const endpoint = await startEndpoint(
    all.flatMap(({ apis }) => apis ?? []),
    { principals, authorizer },
  );
  url = endpoint.url;

  const environment = (arn: string, inRegion = region): Record<string, string> => {
    const { accessKeyId, secretAccessKey } = principals.mint(arn);
    return {
      AWS_ENDPOINT_URL: url,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: inRegion,
    };
  };
  const engine = new Engine({
    folder: path.join(home, "engine"),
    providers: all.map(({ providers }) => providers),
    environment: (scope) => environment(`arn:aws:iam::${scope.account}:root`, scope.region),
  });

  const end = async (): Promise<void> => {
    await engine.close();
    // What acts goes before what it acts upon, and the endpoint, which all of them call, last.
    const outcomes: PromiseSettledResult<unknown>[] = [];
    for (const service of all.reverse()) outcomes.push(...(await Promise.allSettled([service.close?.()])));
    await endpoint.close();
    release();
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  };
  let closed: Promise<void> | undefined;
  return {
    url,
    credentials: (arn) => principals.mint(arn),
    environment: (arn) => environment(arn),
    up: (options) => engine.up(options),
    destroy: (options) => engine.destroy(options),
    stack: (name) => engine.stack(name),
    services,
    close: () => (closed ??= end()),
  };
}
