import * as pulumi from "@pulumi/pulumi";
import { dataConfig, prodConfig } from "./config";

const account = { "tributary:prodAccountId": "111111111111", "tributary:dataAccountId": "222222222222" };
const secretArn = "arn:aws:secretsmanager:eu-west-1:111111111111:secret:monolith-Ab12Cd";
const source = { secretArn, database: "monolith" };
const network = { subnetIds: ["subnet-0a", "subnet-0b"], securityGroupIds: ["sg-0c"] };

/** The smallest that is valid. */
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
    source: { ...source, sslMode: "require" },
    network,
    replication: {
      instanceClass: "dms.t3.medium",
      engineVersion: "3.6.1",
      storageGb: 50,
      multiAz: true,
      createAccountRoles: true,
    },
    fullLoad: { schedule: "cron(30 2 * * ? *)", timeZone: "UTC" },
  });
});

test.each([
  [
    "a missing setting",
    { "tributary:prodAccountId": undefined },
    "Pulumi.prod.yaml, tributary:prodAccountId: found nothing, expected the 12 digits of an AWS account, in quotes.",
  ],
  [
    "an account's id that lost its zeros",
    { "tributary:dataAccountId": "1234" },
    'Pulumi.prod.yaml, tributary:dataAccountId: found "1234", expected the 12 digits of an AWS account, in quotes.',
  ],
  [
    "a missing map",
    { "tributary:source": undefined },
    "Pulumi.prod.yaml, tributary:source: found nothing, expected a map of settings.",
  ],
  [
    "a text where a map belongs",
    { "tributary:source": "monolith" },
    'Pulumi.prod.yaml, tributary:source: found "monolith", expected a map of settings.',
  ],
  [
    "a missing key of a map",
    { "tributary:source": { secretArn } },
    "Pulumi.prod.yaml, tributary:source.database: found nothing, expected the name of the database.",
  ],
  [
    "a misspelt setting",
    { "tributary:replicaton": { multiAz: false } },
    'Pulumi.prod.yaml, tributary:replicaton: found "{\\"multiAz\\":false}", expected no such key.',
  ],
  [
    "a misspelt key",
    { "tributary:source": { ...source, sslmode: "require" } },
    'Pulumi.prod.yaml, tributary:source.sslmode: found "require", expected no such key.',
  ],
  [
    "an ARN of something else",
    { "tributary:source": { ...source, secretArn: "arn:aws:ssm:eu-west-1:111111111111:parameter/x" } },
    'Pulumi.prod.yaml, tributary:source.secretArn: found "arn:aws:ssm:eu-west-1:111111111111:parameter/x", expected an ARN that begins with arn:aws:secretsmanager:.',
  ],
  [
    "an unencrypted connection",
    { "tributary:source": { ...source, sslMode: "none" } },
    'Pulumi.prod.yaml, tributary:source.sslMode: found "none", expected require.',
  ],
  [
    "one subnet",
    { "tributary:network": { ...network, subnetIds: ["subnet-0a"] } },
    'Pulumi.prod.yaml, tributary:network.subnetIds: found ["subnet-0a"], expected at least two private subnets, in different zones.',
  ],
  [
    "an id of something else, by its place",
    { "tributary:network": { ...network, subnetIds: ["subnet-0a", "vpc-0b"] } },
    'Pulumi.prod.yaml, tributary:network.subnetIds.1: found "vpc-0b", expected an id such as subnet-0123456789abcdef0.',
  ],
  [
    "a number in quotes",
    { "tributary:replication": { storageGb: "50" } },
    'Pulumi.prod.yaml, tributary:replication.storageGb: found "50", expected a whole number.',
  ],
  [
    "a class that is none of DMS'",
    { "tributary:replication": { instanceClass: "db.t3.medium" } },
    'Pulumi.prod.yaml, tributary:replication.instanceClass: found "db.t3.medium", expected a class such as dms.t3.medium.',
  ],
  [
    "a schedule of five fields",
    { "tributary:fullLoad": { schedule: "cron(30 2 * * ?)" } },
    'Pulumi.prod.yaml, tributary:fullLoad.schedule: found "cron(30 2 * * ?)", expected a schedule such as cron(30 2 * * ? *).',
  ],
  [
    "a time zone that is none",
    { "tributary:fullLoad": { timeZone: "Europe/Parys" } },
    'Pulumi.prod.yaml, tributary:fullLoad.timeZone: found "Europe/Parys", expected a time zone such as Europe/Paris.',
  ],
  [
    "a region that is none",
    { "aws:region": "Ireland" },
    'Pulumi.prod.yaml, aws:region: found "Ireland", expected a region such as eu-west-1.',
  ],
])("%s is named, with what is expected", (_what, settings, message) => {
  withSettings({ ...smallest, ...settings });
  expect(() => prodConfig()).toThrow(new pulumi.RunError(message));
});

test("the data stack names its own file", () => {
  withSettings({ "aws:region": "eu-west-1", ...account }, "data");
  expect(() => dataConfig()).toThrow(
    "Pulumi.data.yaml, tributary:prodStack: found nothing, expected the production stack, such as organization/tributary/prod.",
  );
});
