/**
 * EC2's network as it is declared: nothing is filtered or routed here, all services being one endpoint on one machine. A real
 * account must show that a rule or an endpoint is missing.
 */
import { z } from "zod";
import type { LocalService, ResourceContext } from "../core/service";
import { common, declaredProviders, ec2Id, type Kind } from "./declared";

const id = (prefix: string) =>
  z.string().regex(new RegExp(`^${prefix}-[0-9a-f]+$`), `Expected an id such as ${prefix}-0a`);
const group = id("sg");

const arn = ({ account, region }: ResourceContext, resource: string): string =>
  `arn:aws:ec2:${region}:${account}:${resource}`;

const securityGroup: Kind = {
  named: "name",
  shape: z.strictObject({ ...common, name: z.string().max(255).optional(), description: z.string(), vpcId: id("vpc") }),
  made: (_, context) => {
    const made = ec2Id("sg", context);
    return { id: made, outputs: { arn: arn(context, `security-group/${made}`) } };
  },
};

/** One port of one kind of peer: what our program says, and no more. */
const rule: Kind = {
  shape: z
    .strictObject({
      ...common,
      securityGroupId: group,
      referencedSecurityGroupId: group.optional(),
      prefixListId: id("pl").optional(),
      ipProtocol: z.literal("tcp", "Only tcp is supported"),
      fromPort: z.number().int().min(0).max(65_535),
      toPort: z.number().int().min(0).max(65_535),
      description: z.string().max(255).optional(),
    })
    .refine(
      ({ referencedSecurityGroupId, prefixListId }) =>
        (referencedSecurityGroupId === undefined) !== (prefixListId === undefined),
      "Expected either referencedSecurityGroupId or prefixListId",
    ),
  made: (_, context) => {
    const made = ec2Id("sgr", context);
    return { id: made, outputs: { securityGroupRuleId: made, arn: arn(context, `security-group-rule/${made}`) } };
  },
};

const endpoint: Kind = {
  shape: z
    .strictObject({
      ...common,
      vpcId: id("vpc"),
      serviceName: z.string().startsWith("com.amazonaws."),
      vpcEndpointType: z.enum(["Interface", "Gateway"]),
      subnetIds: z.array(id("subnet")).optional(),
      securityGroupIds: z.array(group).optional(),
      privateDnsEnabled: z.boolean().optional(),
      routeTableIds: z.array(id("rtb")).optional(),
      policy: z.string().optional(),
    })
    .refine(
      ({ vpcEndpointType, subnetIds, routeTableIds }) =>
        vpcEndpointType === "Interface" ? routeTableIds === undefined : subnetIds === undefined,
      "An interface endpoint has subnets, a gateway endpoint route tables",
    ),
  made: ({ inputs }, context) => {
    const made = ec2Id("vpce", context);
    const list = inputs["vpcEndpointType"] === "Gateway" ? { prefixListId: ec2Id("pl", context) } : {};
    return { id: made, outputs: { ...list, state: "available", arn: arn(context, `vpc-endpoint/${made}`) } };
  },
};

export const networkService = (): LocalService => ({
  providers: declaredProviders({
    "aws:ec2/securityGroup:SecurityGroup": securityGroup,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rule,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": rule,
    "aws:ec2/vpcEndpoint:VpcEndpoint": endpoint,
  }),
});
