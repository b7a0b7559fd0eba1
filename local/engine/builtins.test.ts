import { builtinProviders, checkAwsProvider, invoke } from "./builtins";

const scope = { account: "111111111111", region: "eu-west-1" };

test("the functions of the AWS provider that need no AWS", () => {
  expect(invoke("aws:index/getCallerIdentity:getCallerIdentity", {}, scope)).toMatchObject({
    accountId: scope.account,
  });
  expect(invoke("aws:index/getRegion:getRegion", { region: "us-east-1" }, scope)).toMatchObject({
    region: "us-east-1",
  });
  const zones = "aws:index/getAvailabilityZones:getAvailabilityZones";
  expect(invoke(zones, { state: "available" }, scope)["names"]).toEqual(["eu-west-1a", "eu-west-1b", "eu-west-1c"]);
  expect(() => invoke(zones, { filters: [] }, scope)).toThrow(`${zones} does not support filters locally`);
  expect(() => invoke("aws:ec2/getAmi:getAmi", {}, scope)).toThrow("aws:ec2/getAmi:getAmi is not supported locally");
});

test("the guards of the AWS provider", () => {
  expect(() => checkAwsProvider({ region: "eu-west-1", allowedAccountIds: '["111111111111"]' }, scope)).not.toThrow();
  expect(() => checkAwsProvider({ allowedAccountIds: '["2"]' }, scope)).toThrow("only 2 is allowed");
  expect(() => checkAwsProvider({ forbiddenAccountIds: ["111111111111"] }, scope)).toThrow("is forbidden");
  expect(() => checkAwsProvider({ endpoints: [] }, scope)).toThrow("the setting endpoints");
});

test("a VPC has the subnets that were asked for", async () => {
  const context = { ...scope, type: "awsx:ec2:Vpc", name: "v", urn: "urn:v", autoName: "v-0000000" };
  const created = await builtinProviders["awsx:ec2:Vpc"]?.create({ numberOfAvailabilityZones: 2 }, context);
  expect(created?.outputs["privateSubnetIds"]).toEqual([
    expect.stringMatching(/^subnet-[0-9a-f]{17}$/),
    expect.stringMatching(/^subnet-[0-9a-f]{17}$/),
  ]);
  const isolated = await builtinProviders["awsx:ec2:Vpc"]?.create(
    { numberOfAvailabilityZones: 2, subnetSpecs: [{ type: "Isolated" }] },
    context,
  );
  expect(isolated?.outputs).toMatchObject({
    publicSubnetIds: [],
    privateSubnetIds: [],
    isolatedSubnetIds: [expect.any(String), expect.any(String)],
    routeTables: [{ id: expect.stringMatching(/^rtb-/) }, { id: expect.stringMatching(/^rtb-/) }],
  });
});
