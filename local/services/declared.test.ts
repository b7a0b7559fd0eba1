/** What is only kept: checked, named as AWS names it, and refused where AWS would refuse it. */
import type { ResourceContext, ResourceProvider } from "../core/service";
import { networkService } from "./network";
import { notificationsService } from "./notifications";

const providers = { ...networkService().providers, ...notificationsService().providers };
const context = (type: string, name = "a", account = "111111111111"): ResourceContext => ({
  ...{ type, name, account, region: "eu-west-1", urn: `urn:${account}:${type}::${name}`, autoName: `${name}-0a1b2c3` },
});
function of(type: string): ResourceProvider {
  const provider = providers[type];
  if (provider === undefined) throw new Error(`no provider of ${type}`);
  return provider;
}

const TOPIC = "aws:sns/topic:Topic";
const GROUP = "aws:ec2/securityGroup:SecurityGroup";
const RULE = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule";
const ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint";
const DASHBOARD = "aws:cloudwatch/dashboard:Dashboard";

test("a name is given once in an account, and free again when it is deleted", async () => {
  const topics = of(TOPIC);
  const first = await topics.create({ name: "alarms" }, context(TOPIC));
  expect(first.outputs["arn"]).toBe("arn:aws:sns:eu-west-1:111111111111:alarms");
  expect(() => topics.create({ name: "alarms" }, context(TOPIC, "b"))).toThrow("alarms exists already");
  await topics.create({ name: "alarms" }, context(TOPIC, "b", "222222222222"));
  await topics.delete?.(first.id, first, context(TOPIC));
  await topics.create({ name: "alarms" }, context(TOPIC, "b"));
});

test("a change keeps the name and the ids", async () => {
  const made = await of(GROUP).create({ description: "one", vpcId: "vpc-0a" }, context(GROUP));
  const changed = await of(GROUP).update?.(made.id, { description: "two", vpcId: "vpc-0a" }, made, context(GROUP));
  expect(changed).toEqual({ id: made.id, outputs: { ...made.outputs, description: "two" } });
  const renamed = { name: "other", description: "two", vpcId: "vpc-0a" };
  expect(() => of(GROUP).update?.(made.id, renamed, made, context(GROUP))).toThrow("it cannot be renamed");
});

const tcp = { securityGroupId: "sg-0a", ipProtocol: "tcp", fromPort: 443, toPort: 443 };
const gateway = { vpcId: "vpc-0a", serviceName: "com.amazonaws.eu-west-1.s3", vpcEndpointType: "Gateway" };

test.each([
  ["an argument that is unknown", TOPIC, { fifoTopic: true }, "the argument fifoTopic is not supported"],
  ["a rule without a peer", RULE, tcp, "Expected either referencedSecurityGroupId or prefixListId"],
  ["a gateway in subnets", ENDPOINT, { ...gateway, subnetIds: ["subnet-0a"] }, "a gateway endpoint route tables"],
  ["a dashboard that is no JSON", DASHBOARD, { dashboardName: "a", dashboardBody: "{" }, "Expected a JSON document"],
])("%s is refused", (_what, type, inputs, message) => {
  expect(() => of(type).create(inputs, context(type))).toThrow(message);
});

test("the gateway to S3 has a list of addresses for the rules", async () => {
  const made = await of(ENDPOINT).create({ ...gateway, routeTableIds: ["rtb-0a"] }, context(ENDPOINT));
  const prefixListId = String(made.outputs["prefixListId"]);
  await of(RULE).create({ ...tcp, prefixListId }, context(RULE));
  expect(prefixListId).toMatch(/^pl-/);
});
