import { fixedCosts, undecided } from "./fixed";
import { PRICES } from "./prices";
import { declared as resource, everyKind, instance, metricFilter } from "./testing";

const costs = (...resources: ReturnType<typeof resource>[]) =>
  fixedCosts([{ resources }], 0)
    .filter(({ what }) => !what.startsWith("KMS requests"))
    .map(({ what, count, usd }) => [what, count, usd === undefined ? undefined : Number(usd.toFixed(4))]);

test("what resources cost a month of 730 hours, those of a kind as one line, the dearest first", () => {
  expect(costs(...everyKind, resource("aws:kinesis/stream:Stream"))).toEqual([
    ["Kinesis streams, on demand", 2, 58.4],
    ["DMS dms.t3.medium", 1, 54.385],
    ["VPC endpoints, in each zone", 2, 14.6],
    ["CloudWatch dashboards", 1, 3],
    ["DMS disk beyond what is included", 1, 1.15],
    ["KMS keys", 1, 1],
    ["Secrets", 1, 0.4],
    ["Metrics of our own, while they have data", 1, 0.3],
    ["CloudWatch alarms", 1, 0.1],
  ]);
});

test("Multi-AZ is twice the instance and twice the disk; a class without a price says so", () => {
  expect(costs(instance({ multiAz: true, allocatedStorage: 60 }))).toEqual([
    ["DMS dms.t3.medium, Multi-AZ", 1, 108.77],
    ["DMS disk beyond what is included", 1, 2.3],
  ]);
  // Other classes include 100 GB.
  expect(costs(instance({ replicationInstanceClass: "dms.r6i.large", allocatedStorage: 100 }))).toEqual([
    ["DMS dms.r6i.large", 1, undefined],
  ]);
});

test("a gateway endpoint is free; how many metrics a filter by dimensions makes, nobody can tell", () => {
  expect(costs(resource("aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Gateway" }))).toEqual([]);
  const byTable = resource("aws:cloudwatch/logMetricFilter:LogMetricFilter", {
    metricTransformation: { name: "age", dimensions: { Table: "$.table" } },
  });
  expect(costs(byTable, metricFilter)).toEqual([
    ["Metrics of our own by dimension", 1, undefined],
    ["Metrics of our own, while they have data", 1, 0.3],
  ]);
});

test("of the program's own resources only one that makes a secret costs something", () => {
  const arn = "arn:aws:secretsmanager:eu-west-1:222222222222:secret:tributary/pseudonyms-1";
  expect(costs(resource("pulumi-nodejs:dynamic:Resource"))).toEqual([]);
  expect(costs(resource("pulumi-nodejs:dynamic:Resource", {}, { arn }))).toEqual([["Secrets", 1, 0.4]]);
});

test("uses of keys: a request each every five minutes, at most", () => {
  expect(fixedCosts([], 10)).toEqual([
    { what: "KMS requests, at most", count: 87_600, price: PRICES.kmsRequest, usd: expect.closeTo(0.2628, 6) },
  ]);
});

test("a type of which nobody has decided is told, and not taken for free", () => {
  const resources = [resource("aws:mq/broker:Broker"), resource("aws:s3/bucket:Bucket"), resource("tributary:prod:X")];
  expect(undecided(resources)).toEqual(["aws:mq/broker:Broker"]);
  expect(costs(...resources)).toEqual([["aws:mq/broker:Broker", 1, undefined]]);
});
