import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";
import { dataConfig, prodConfig } from "./config";

const AUTHORITY = path.join(__dirname, "../test/graph/authority.pem");
const SERVER = path.join(__dirname, "../test/graph/server.pem");

const account = { "tributary:prodAccountId": "111111111111", "tributary:dataAccountId": "222222222222" };
const secretArn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:monolith-Ab12Cd";
const source = { secretArn, securityGroupId: "sg-0d", database: "monolith", certificate: AUTHORITY };
const network = { vpcId: "vpc-0a", subnetIds: ["subnet-0a", "subnet-0b"], routeTableIds: ["rtb-0c"] };
const created = { database: "monolith", certificate: AUTHORITY, create: {} };

/** Of a database that exists, the smallest that is valid. */
const smallest: Readonly<Record<string, unknown>> = {
  "aws:region": "eu-west-1",
  ...account,
  "tributary:source": source,
  "tributary:network": network,
};

function withSettings(settings: Readonly<Record<string, unknown>>, stack = "prod"): void {
  const texts = Object.entries(settings).flatMap(([key, value]): [string, string][] =>
    value === undefined ? [] : [[key, typeof value === "string" ? value : JSON.stringify(value)]],
  );
  pulumi.runtime.setMockOptions({}, "tributary", stack);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts));
}

test("what is left out has a safe default", () => {
  withSettings(smallest);
  expect(prodConfig()).toEqual({
    region: "eu-west-1",
    prodAccountId: "111111111111",
    dataAccountId: "222222222222",
    source: { ...source, postgresVersion: 17, port: 5432 },
    network,
    replication: {
      instanceClass: "dms.t3.medium",
      engineVersion: "3.6.1",
      storageGb: 50,
      multiAz: true,
      maintenanceWindow: "sun:03:30-sun:04:30",
      createAccountRoles: true,
    },
    streams: { readers: "shared", filterSeconds: 180 },
    fullLoad: { schedule: "cron(30 2 * * ? *)", timeZone: "UTC" },
    alarmEmails: [],
  });
});

test("so has a database of our own", () => {
  withSettings({
    ...smallest,
    ...{ "tributary:source": created, "tributary:network": undefined, "tributary:replication": { start: false } },
  });
  expect(prodConfig().replication.start).toBe(false);
  expect(prodConfig().source.create).toEqual({
    instanceClass: "db.m7g.large",
    storageGb: 100,
    maxStorageGb: 1000,
    backupDays: 14,
    multiAz: true,
    maintenanceWindow: "sun:04:45-sun:05:45",
  });
});

/** The files that docs/configuration.md shows, by the words above them. */
const shown = (): string[] => {
  const text = readFileSync(path.join(__dirname, "../docs/configuration.md"), "utf8");
  return [...text.matchAll(/```yaml\n# Pulumi\.prod\.yaml\n([^`]*)```/g)].map(([, yaml = ""]) => yaml);
};

test("the smallest files of the documentation are valid, and under 15 lines", () => {
  expect(shown()).toHaveLength(2);
  for (const yaml of shown()) {
    expect(yaml.trimEnd().split("\n").length).toBeLessThan(15);
    const { config } = parse(yaml) as { config: Record<string, unknown> };
    const shownSource = config["tributary:source"] as object;
    withSettings({ ...config, "tributary:source": { ...shownSource, certificate: AUTHORITY } });
    expect(() => prodConfig()).not.toThrow();
    // Each line is needed.
    for (const key of Object.keys(config).filter((name) => name !== "tributary:source")) {
      withSettings({ ...config, "tributary:source": { ...shownSource, certificate: AUTHORITY }, [key]: undefined });
      expect(() => prodConfig()).toThrow("Pulumi.prod.yaml, ");
    }
  }
});

test.each([
  [
    "a missing setting",
    { "tributary:prodAccountId": undefined },
    "tributary:prodAccountId: found nothing, expected the 12 digits of an AWS account, in quotes.",
  ],
  [
    "an account's id that lost its zeros",
    { "tributary:dataAccountId": "1234" },
    'tributary:dataAccountId: found "1234", expected the 12 digits of an AWS account, in quotes.',
  ],
  ["a missing map", { "tributary:source": undefined }, "tributary:source: found nothing, expected a map of settings."],
  [
    "a text where a map belongs",
    { "tributary:source": "monolith" },
    'tributary:source: found "monolith", expected a map of settings.',
  ],
  [
    "a missing key of a map",
    { "tributary:source": { ...source, database: undefined } },
    "tributary:source.database: found nothing, expected the name of the database.",
  ],
  [
    "a misspelt setting",
    { "tributary:replicaton": { multiAz: false } },
    'tributary:replicaton: found "{\\"multiAz\\":false}", expected no such key.',
  ],
  [
    "a misspelt key",
    { "tributary:source": { ...source, secretarn: "x" } },
    'tributary:source.secretarn: found "x", expected no such key.',
  ],
  [
    "an ARN of something else",
    { "tributary:source": { ...source, secretArn: "arn:aws:ssm:eu-west-1:111111111111:parameter/x" } },
    'tributary:source.secretArn: found "arn:aws:ssm:eu-west-1:111111111111:parameter/x", expected an ARN that begins with arn:aws:secretsmanager:.',
  ],
  [
    "a database without its secret",
    { "tributary:source": { ...source, secretArn: undefined } },
    "tributary:source.secretArn: found nothing, expected an ARN that begins with arn:aws:secretsmanager:, or create: {} for a database of our own.",
  ],
  [
    "a database without its security group",
    { "tributary:source": { ...source, securityGroupId: undefined } },
    "tributary:source.securityGroupId: found nothing, expected the security group of the database.",
  ],
  [
    "a database that exists and is to be made",
    { "tributary:source": { ...source, create: {} } },
    `tributary:source.secretArn: found "${secretArn}", expected no such key beside create: the program makes it.`,
  ],
  [
    "a disk that cannot grow",
    { "tributary:source": { ...created, create: { storageGb: 100, maxStorageGb: 105 } } },
    "tributary:source.create.maxStorageGb: found 105, expected at least a tenth more than storageGb.",
  ],
  [
    "a certificate that is not there",
    { "tributary:source": { ...source, certificate: "/no/such.pem" } },
    'tributary:source.certificate: found "/no/such.pem", expected a PEM file with the database\'s authority, but there is no file /no/such.pem.',
  ],
  [
    "a certificate that is none",
    { "tributary:source": { ...source, certificate: "Pulumi.yaml" } },
    `expected a PEM file with the database's authority, but ${path.resolve("Pulumi.yaml")} holds no PEM certificate.`,
  ],
  [
    "a certificate of the server itself",
    { "tributary:source": { ...source, certificate: SERVER } },
    `but certificate 1 of ${SERVER} is not one of an authority.`,
  ],
  [
    "a PostgreSQL that DMS does not know",
    { "tributary:source": { ...source, postgresVersion: 12 } },
    "tributary:source.postgresVersion: found 12, expected a major version of PostgreSQL: 13, 14, 15, 16, 17.",
  ],
  [
    "an engine older than its PostgreSQL",
    { "tributary:replication": { engineVersion: "3.5.4" } },
    'tributary:replication.engineVersion: found "3.5.4", expected 3.6.1 or later for PostgreSQL 17 (tributary:source.postgresVersion).',
  ],
  [
    "a task on a database that has no tables yet",
    { "tributary:source": created, "tributary:network": undefined },
    "tributary:replication.start: found nothing, expected false until the tables are in the database that the program makes (docs/configuration.md), then true.",
  ],
  [
    "an engine that rounds large integers",
    { "tributary:source": { ...source, postgresVersion: 13 }, "tributary:replication": { engineVersion: "3.5.3" } },
    'tributary:replication.engineVersion: found "3.5.3", expected 3.5.4 or later for PostgreSQL 13 (tributary:source.postgresVersion).',
  ],
  [
    "a database that exists in no VPC",
    { "tributary:network": undefined },
    "tributary:network.vpcId: found nothing, expected the VPC from which the database that exists can be reached.",
  ],
  [
    "subnets of no VPC",
    { "tributary:network": { ...network, vpcId: undefined } },
    "tributary:network.vpcId: found nothing, expected the VPC that subnetIds belongs to.",
  ],
  [
    "a VPC without a way to S3",
    { "tributary:network": { ...network, routeTableIds: undefined } },
    "tributary:network.routeTableIds: found nothing, expected the route tables of the subnets, or endpoints that exist.",
  ],
  [
    "settings of a VPC of our own beside one that exists",
    { "tributary:network": { ...network, zones: 3 } },
    "tributary:network.zones: found 3, expected no such key beside vpcId: the VPC is there.",
  ],
  [
    "two ways to S3",
    { "tributary:network": { ...network, endpoints: { securityGroupIds: ["sg-0a"], s3PrefixListId: "pl-0a" } } },
    'tributary:network.routeTableIds: found ["rtb-0c"], expected no such key beside endpoints: the way to S3 is there.',
  ],
  [
    "one subnet",
    { "tributary:network": { ...network, subnetIds: ["subnet-0a"] } },
    'tributary:network.subnetIds: found ["subnet-0a"], expected at least two private subnets, in different zones.',
  ],
  [
    "an id of something else, by its place",
    { "tributary:network": { ...network, subnetIds: ["subnet-0a", "vpc-0b"] } },
    'tributary:network.subnetIds.1: found "vpc-0b", expected an id such as subnet-0123456789abcdef0.',
  ],
  [
    "a number in quotes",
    { "tributary:replication": { storageGb: "50" } },
    'tributary:replication.storageGb: found "50", expected a whole number from 20 to 6144.',
  ],
  [
    "a class that is none of DMS'",
    { "tributary:replication": { instanceClass: "db.t3.medium" } },
    'tributary:replication.instanceClass: found "db.t3.medium", expected a class such as dms.t3.medium.',
  ],
  [
    "a window that is none",
    { "tributary:replication": { maintenanceWindow: "sunday" } },
    'tributary:replication.maintenanceWindow: found "sunday", expected a weekly window such as sun:03:30-sun:04:30.',
  ],
  [
    "a way to read that is none",
    { "tributary:streams": { readers: "fast" } },
    'tributary:streams.readers: found "fast", expected shared or enhanced.',
  ],
  [
    "an address that is none",
    { "tributary:alarmEmails": ["ops"] },
    'tributary:alarmEmails.0: found "ops", expected an e-mail address.',
  ],
  [
    "a schedule of five fields",
    { "tributary:fullLoad": { schedule: "cron(30 2 * * ?)" } },
    'tributary:fullLoad.schedule: found "cron(30 2 * * ?)", expected a schedule such as cron(30 2 * * ? *).',
  ],
  [
    "a time zone that is none",
    { "tributary:fullLoad": { timeZone: "Europe/Parys" } },
    'tributary:fullLoad.timeZone: found "Europe/Parys", expected a time zone such as Europe/Paris.',
  ],
  [
    "a region that is none",
    { "aws:region": "Ireland" },
    'aws:region: found "Ireland", expected a region such as eu-west-1.',
  ],
])("%s is named, with what is expected", (_what, settings, message) => {
  withSettings({ ...smallest, ...settings });
  expect(() => prodConfig()).toThrow(pulumi.RunError);
  expect(() => prodConfig()).toThrow(message);
});

test("a newer engine than its PostgreSQL needs is no mistake", () => {
  withSettings({ ...smallest, "tributary:replication": { engineVersion: "3.10.0" } });
  expect(prodConfig().replication.engineVersion).toBe("3.10.0");
});

test("a load is late after eight days, or when the data stack says: later than a compaction, which becomes four days old", () => {
  const data = { "aws:region": "eu-west-1", ...account, "tributary:prodStack": "organization/tributary/prod" };
  withSettings(data, "data");
  expect(dataConfig().lateLoadDays).toBe(8);
  withSettings({ ...data, "tributary:lateLoadDays": 32 }, "data");
  expect(dataConfig().lateLoadDays).toBe(32);
  withSettings({ ...data, "tributary:lateLoadDays": 4 }, "data");
  expect(() => dataConfig()).toThrow(
    "Pulumi.data.yaml, tributary:lateLoadDays: found 4, expected a whole number from 5 to 366.",
  );
});

test("the data stack names its own file", () => {
  withSettings({ "aws:region": "eu-west-1", ...account }, "data");
  expect(() => dataConfig()).toThrow(
    "Pulumi.data.yaml, tributary:prodStack: found nothing, expected the production stack, such as organization/tributary/prod.",
  );
});
