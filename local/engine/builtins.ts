/** What is no service's: the AWS provider itself, invokes, and packages that bring whole components. */
import { createHash } from "node:crypto";
import type { ResourceProvider, Scope } from "../core/service";

/** Settings of the AWS provider that say how to reach AWS, which here is reached in one way only. */
const WITHOUT_EFFECT = [
  "profile",
  "defaultTags",
  "skipCredentialsValidation",
  "skipMetadataApiCheck",
  "skipRegionValidation",
  "maxRetries",
];

/** Settings other than text arrive as JSON. */
function accountList(value: unknown): unknown[] {
  const list: unknown = typeof value === "string" ? JSON.parse(value) : value;
  return Array.isArray(list) ? list : [list];
}

/**
 * The guard against deploying to the wrong account, and against settings that the laptop cloud would not obey.
 * @throws Error saying which setting it is
 */
export function checkAwsProvider(settings: Readonly<Record<string, unknown>>, { account }: Scope): void {
  for (const [name, value] of Object.entries(settings)) {
    if (name === "allowedAccountIds" && !accountList(value).includes(account)) {
      throw new Error(
        `allowedAccountIds: the account is ${account}, and only ${accountList(value).join(", ")} is allowed`,
      );
    }
    if (name === "forbiddenAccountIds" && accountList(value).includes(account)) {
      throw new Error(`forbiddenAccountIds: the account ${account} is forbidden`);
    }
    const known = ["region", "version", "allowedAccountIds", "forbiddenAccountIds", ...WITHOUT_EFFECT].includes(name);
    if (!known) throw new Error(`the setting ${name} of the AWS provider is not supported locally`);
  }
}

const awsProvider: ResourceProvider = {
  create(inputs, context) {
    checkAwsProvider(inputs, context);
    return { id: hex(context.urn, 32), outputs: {} };
  },
  update(id, inputs, _previous, context) {
    checkAwsProvider(inputs, context);
    return { id, outputs: {} };
  },
};

const hex = (seed: string, digits: number): string => createHash("sha256").update(seed).digest("hex").slice(0, digits);

/** https://www.pulumi.com/registry/packages/awsx/api-docs/ec2/vpc/: ids only, there being no network. */
const vpc: ResourceProvider = {
  create(inputs, { account, region, urn }) {
    const known = [
      "cidrBlock",
      "numberOfAvailabilityZones",
      "natGateways",
      "subnetStrategy",
      "subnetSpecs",
      "enableDnsHostnames",
      "enableDnsSupport",
      "tags",
    ];
    const unknown = Object.keys(inputs).find((name) => !known.includes(name));
    if (unknown !== undefined) throw new Error(`${unknown} is not supported locally`);
    const zones = typeof inputs["numberOfAvailabilityZones"] === "number" ? inputs["numberOfAvailabilityZones"] : 3;
    const specs: unknown = inputs["subnetSpecs"] ?? [{ type: "Private" }, { type: "Public" }];
    const kinds = new Set(Array.isArray(specs) ? specs.map(({ type }: { readonly type: unknown }) => type) : []);
    const ids = (prefix: string, kind: string) =>
      Array.from({ length: zones }, (_, zone) => `${prefix}-${hex(`${urn} ${kind} ${zone}`, 17)}`);
    const subnets = (kind: string) => (kinds.has(kind) ? ids("subnet", kind) : []);
    const vpcId = `vpc-${hex(urn, 17)}`;
    const arn = `arn:aws:ec2:${region}:${account}:vpc/${vpcId}`;
    return {
      id: vpcId,
      outputs: {
        vpcId,
        vpc: { id: vpcId, arn, cidrBlock: inputs["cidrBlock"] ?? "10.0.0.0/16" },
        publicSubnetIds: subnets("Public"),
        privateSubnetIds: subnets("Private"),
        isolatedSubnetIds: subnets("Isolated"),
        routeTables: [...kinds].flatMap((kind) => ids("rtb", String(kind))).map((id) => ({ id })),
      },
    };
  },
};

export const builtinProviders: Readonly<Record<string, ResourceProvider>> = {
  "pulumi:providers:aws": awsProvider,
  "pulumi:providers:awsx": awsProvider,
  "awsx:ec2:Vpc": vpc,
};

const ZONES = ["a", "b", "c"];

const invokes: Readonly<Record<string, (scope: Scope) => Record<string, unknown>>> = {
  "aws:index/getCallerIdentity:getCallerIdentity": ({ account }) => ({
    id: account,
    accountId: account,
    arn: `arn:aws:iam::${account}:root`,
    userId: account,
  }),
  "aws:index/getRegion:getRegion": ({ region }) => ({
    id: region,
    name: region,
    region,
    endpoint: `ec2.${region}.amazonaws.com`,
    description: region,
  }),
  "aws:index/getPartition:getPartition": () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": ({ region }) => ({
    id: region,
    region,
    names: ZONES.map((zone) => region + zone),
    zoneIds: ZONES.map((_, index) => `${region}-az${index + 1}`),
    groupNames: [region],
  }),
};

/** Answers a function of a provider. @throws Error naming the function, if it is not one of the few. */
export function invoke(token: string, inputs: Record<string, unknown>, scope: Scope): Record<string, unknown> {
  const answer = Object.hasOwn(invokes, token) ? invokes[token] : undefined;
  if (answer === undefined) throw new Error(`The function ${token} is not supported locally`);
  const { region = scope.region, ...rest } = inputs;
  // `state: "available"` is what all zones are.
  const unknown = Object.entries(rest).find(([name, value]) => !(name === "state" && value === "available"));
  if (unknown !== undefined) throw new Error(`The function ${token} does not support ${unknown[0]} locally`);
  return answer({ account: scope.account, region: String(region) });
}
