/** The settings of the production stack. docs/configuration.md describes them for people; Pulumi.prod.yaml shows them. */
import { z } from "zod";
import { problemOfCertificates } from "./certificate";
import { accountId, arn, flag, id, list, settings, text, whole } from "./settings";

/** The DMS engine that first reads a major version of PostgreSQL. DMS guide, "Using PostgreSQL as a source". */
const FIRST_ENGINE: Readonly<Record<number, string>> = {
  13: "3.4.3",
  14: "3.4.7",
  15: "3.5.1",
  16: "3.5.3",
  17: "3.6.1",
};
const POSTGRES = Object.keys(FIRST_ENGINE).map(Number);

/** Large integers reach Kinesis unharmed from this engine on. */
const LARGE_INTEGERS = "3.5.4";

const window = text(
  "a weekly window such as sun:03:30-sun:04:30",
  /^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$/,
);

/** A path that leads to certificates. */
const certificate = z
  .string({ error: "the path of a PEM file with the authority of the database's certificate" })
  .superRefine((file, context) => {
    const problem = problemOfCertificates(file);
    if (problem !== undefined)
      context.addIssue({ code: "custom", message: `a PEM file with the database's authority, but ${problem}` });
  });

const postgresVersion = z
  .int({ error: `a major version of PostgreSQL: ${POSTGRES.join(", ")}` })
  .refine((version) => POSTGRES.includes(version), { error: `a major version of PostgreSQL: ${POSTGRES.join(", ")}` })
  .default(17);

/** Our own database. */
const created = settings({
  instanceClass: text("a class such as db.m7g.large", /^db\.[a-z0-9]+\.[a-z0-9]+$/).default("db.m7g.large"),
  storageGb: whole(20, 65_536).default(100),
  /** RDS grows the disk by itself up to here. */
  maxStorageGb: whole(22, 65_536).default(1000),
  backupDays: whole(1, 35).default(14),
  multiAz: flag.default(true),
  maintenanceWindow: window.default("sun:04:45-sun:05:45"),
});

const source = settings({
  database: text("the name of the database"),
  certificate,
  postgresVersion,
  port: whole(1, 65_535).default(5432),
  /** Secrets Manager secret with username, password, host and port: of a database that exists. */
  secretArn: arn("secretsmanager").optional(),
  /** Key the secret is encrypted with, if it is a customer key. */
  secretKeyArn: arn("kms").optional(),
  /** Security group of the database that exists. */
  securityGroupId: id("sg").optional(),
  /** RDS' name of the database that exists, for the alarms on its disk and log. */
  instanceId: text("the identifier of an RDS instance", /^[A-Za-z][A-Za-z0-9-]{0,62}$/).optional(),
  create: created.optional(),
}).superRefine((value, context) => {
  const issue = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  if (value.create !== undefined) {
    for (const key of ["secretArn", "secretKeyArn", "securityGroupId", "instanceId"] as const)
      if (value[key] !== undefined) issue(key, "no such key beside create: the program makes it");
    if (value.create.maxStorageGb < value.create.storageGb * 1.1)
      context.addIssue({
        code: "custom",
        path: ["create", "maxStorageGb"],
        message: "at least a tenth more than storageGb",
      });
    return;
  }
  if (value.secretArn === undefined)
    issue("secretArn", "an ARN that begins with arn:aws:secretsmanager:, or create: {} for a database of our own");
  if (value.securityGroupId === undefined) issue("securityGroupId", "the security group of the database");
});

/** Ours if no VPC is named. */
const network = settings({
  vpcId: id("vpc").optional(),
  subnetIds: list(id("subnet"), 2, "at least two private subnets, in different zones").optional(),
  /** Those of the subnets: the way to S3 is a route. */
  routeTableIds: list(id("rtb"), 1, "the route tables of the subnets").optional(),
  /** Where the VPC has the endpoints already. */
  endpoints: settings({
    securityGroupIds: list(id("sg"), 1, "the security groups of the interface endpoints"),
    s3PrefixListId: id("pl"),
  }).optional(),
  /** Of a VPC of our own. */
  cidrBlock: text("a block such as 10.64.0.0/16", /^\d{1,3}(\.\d{1,3}){3}\/(1[6-9]|2[0-6])$/).optional(),
  zones: whole(2, 3).optional(),
}).superRefine((value, context) => {
  const issue = (key: string, message: string): void => context.addIssue({ code: "custom", path: [key], message });
  if (value.vpcId === undefined) {
    for (const key of ["subnetIds", "routeTableIds", "endpoints"] as const)
      if (value[key] !== undefined) issue("vpcId", `the VPC that ${key} belongs to`);
    return;
  }
  for (const key of ["cidrBlock", "zones"] as const)
    if (value[key] !== undefined) issue(key, "no such key beside vpcId: the VPC is there");
  if (value.routeTableIds !== undefined && value.endpoints !== undefined)
    issue("routeTableIds", "no such key beside endpoints: the way to S3 is there");
  if (value.subnetIds === undefined) issue("subnetIds", "at least two private subnets, in different zones");
  if (value.routeTableIds === undefined && value.endpoints === undefined)
    issue("routeTableIds", "the route tables of the subnets, or endpoints that exist");
});

const replication = settings({
  instanceClass: text("a class such as dms.t3.medium", /^dms\.[a-z0-9]+\.[a-z0-9]+$/).default("dms.t3.medium"),
  engineVersion: text("a version such as 3.6.1", /^\d+\.\d+\.\d+$/).default("3.6.1"),
  storageGb: whole(20, 6144).default(50),
  multiAz: flag.default(true),
  maintenanceWindow: window.default("sun:03:30-sun:04:30"),
  /** False where the account has dms-vpc-role and dms-cloudwatch-logs-role already: they exist once per account. */
  createAccountRoles: flag.default(true),
  /** False: the task stands still, and no schedule starts a full load. True if left out, where it may be left out. */
  start: flag.optional(),
});

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const fullLoad = settings({
  /** Of EventBridge Scheduler: cron(minutes hours day-of-month month day-of-week year), or rate(1 day). */
  schedule: text("a schedule such as cron(30 2 * * ? *)", /^(cron\(\S+( \S+){5}\)|rate\(\d+ (hour|day)s?\))$/).default(
    "cron(30 2 * * ? *)",
  ),
  /** In which the schedule's hours count. */
  timeZone: z
    .string({ error: "a time zone such as Europe/Paris" })
    .refine(isTimeZone, { error: "a time zone such as Europe/Paris" })
    .default("UTC"),
});

export const prodShape = {
  prodAccountId: accountId,
  dataAccountId: accountId,
  source,
  network: network.prefault({}),
  replication: replication.prefault({}),
  streams: settings({
    readers: z.enum(["shared", "enhanced"], { error: "shared or enhanced" }).default("shared"),
    /** How long a deployment waits for Lambda to read with filters that let a further table through (infra/prod/filters.ts). */
    filterSeconds: whole(0, 900).default(180),
  }).prefault({}),
  fullLoad: fullLoad.prefault({}),
  /** infra/protection.ts reads it. */
  allowDeletion: text("the name of the stack").optional(),
  /** Who is sent the alarms. */
  alarmEmails: list(z.email({ error: "an e-mail address" }), 0, "a list of e-mail addresses").default([]),
};

type Read = z.output<z.ZodObject<typeof prodShape>>;

/** `3.5.4` against `3.6.1`, number by number. */
function isOlder(version: string, than: string): boolean {
  const [a, b] = [version, than].map((text) => text.split(".").map(Number));
  const index = (a ?? []).findIndex((part, at) => part !== b?.[at]);
  return index >= 0 && (a?.[index] ?? 0) < (b?.[index] ?? 0);
}

/** What no setting can be wrong about alone: key, what was found and what is expected. */
export function conflictIn({
  source,
  network,
  replication,
}: Read): [key: string, found: unknown, expected: string] | undefined {
  const { engineVersion } = replication;
  const first = FIRST_ENGINE[source.postgresVersion] ?? LARGE_INTEGERS;
  const needed = isOlder(first, LARGE_INTEGERS) ? LARGE_INTEGERS : first;
  if (isOlder(engineVersion, needed))
    return [
      "replication.engineVersion",
      engineVersion,
      `${needed} or later for PostgreSQL ${source.postgresVersion} (tributary:source.postgresVersion)`,
    ];
  if (source.create === undefined && network.vpcId === undefined)
    return ["network.vpcId", undefined, "the VPC from which the database that exists can be reached"];
  // A database that has just been made has no tables, and a task that captures none fails.
  if (source.create !== undefined && replication.start === undefined)
    return [
      "replication.start",
      undefined,
      "false until the tables are in the database that the program makes (docs/configuration.md), then true",
    ];
  return undefined;
}
