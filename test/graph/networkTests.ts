/** Where DMS stands and what it can reach, in both variants: a VPC and database that exist, and those the program makes. */
import { DATABASE_SECRET } from "../../ops/preflight/expected";
import type { Plan, Planned } from "./plan";
import { AUTHORITY, PASSWORD, pick } from "./plan";
import { policyText } from "./policies";
import { readFileSync } from "node:fs";

const KEY = "arn:aws:kms:eu-west-1:111111111111:key/00000000-database";
const LAKE = "arn:aws:s3:::tributary-lake-222222222222-eu-west-1";

/** `sg-a -> sg-b:443`, of every rule of a plan. */
const rules = ({ resources }: Plan, kind: string): string[] =>
  resources
    .filter(({ type }) => type.endsWith(`:${kind}`))
    .map(({ inputs }) => {
      const peer = String(inputs["referencedSecurityGroupId"] ?? inputs["prefixListId"]);
      const [from, to] =
        kind === "SecurityGroupEgressRule" ? [inputs["securityGroupId"], peer] : [peer, inputs["securityGroupId"]];
      return `${String(from)} -> ${String(to)}:${String(inputs["fromPort"])}-${String(inputs["toPort"])}/${String(inputs["ipProtocol"])}`;
    })
    .sort();

const endpoints = ({ resources }: Plan): readonly Planned[] =>
  resources.filter(({ type }) => type.endsWith(":VpcEndpoint"));

export function networkTests(prod: () => Plan, ours: () => Plan): void {
  const one = (kind: string, name: string) => pick(prod(), kind, name);

  test("DMS reaches the database, the endpoints and S3, and nothing reaches DMS", () => {
    expect(rules(prod(), "SecurityGroupEgressRule")).toEqual([
      "sg-replication -> pl-s3:443-443/tcp",
      "sg-replication -> sg-0a1b2c3d4e5f60003:5432-5432/tcp",
      "sg-replication -> sg-endpoints:443-443/tcp",
    ]);
    expect(rules(prod(), "SecurityGroupIngressRule")).toEqual([
      "sg-replication -> sg-0a1b2c3d4e5f60003:5432-5432/tcp",
      "sg-replication -> sg-endpoints:443-443/tcp",
    ]);
    expect(rules(ours(), "SecurityGroupEgressRule")).toEqual([
      "sg-replication -> pl-s3:443-443/tcp",
      "sg-replication -> sg-database:5432-5432/tcp",
      "sg-replication -> sg-endpoints:443-443/tcp",
    ]);
    // Rules within a group would be replaced by those beside it, and the other way round.
    for (const { inputs } of [...prod().resources, ...ours().resources].filter(({ type }) =>
      type.endsWith(":SecurityGroup"),
    ))
      expect(Object.keys(inputs).sort()).toEqual(["description", "vpcId"]);
  });

  test("all that DMS calls has an endpoint, by its usual name", () => {
    const region = "com.amazonaws.eu-west-1";
    for (const service of ["kinesis-streams", "secretsmanager", "kms", "logs"]) {
      expect({ ...one("VpcEndpoint", service).inputs, policy: undefined }).toEqual({
        vpcId: "vpc-0a1b2c3d4e5f60004",
        serviceName: `${region}.${service}`,
        vpcEndpointType: "Interface",
        subnetIds: ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"],
        securityGroupIds: ["sg-endpoints"],
        privateDnsEnabled: true,
      });
    }
    expect({ ...one("VpcEndpoint", "s3").inputs, policy: undefined }).toEqual({
      vpcId: "vpc-0a1b2c3d4e5f60004",
      serviceName: `${region}.s3`,
      vpcEndpointType: "Gateway",
      routeTableIds: ["rtb-0a1b2c3d4e5f60005"],
    });
  });

  test("lets through what DMS does here, by this account only", () => {
    const own = "if StringEquals aws:PrincipalAccount=111111111111";
    const through = (name: string): string[] => policyText(one("VpcEndpoint", name));
    expect(through("kinesis-streams")).toEqual([
      `Allow kinesis:DescribeStream, kinesis:PutRecord, kinesis:PutRecords for * on arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes ${own}`,
    ]);
    expect(through("secretsmanager")).toEqual([
      `Allow secretsmanager:GetSecretValue, secretsmanager:DescribeSecret for * on arn:aws:secretsmanager:eu-west-1:111111111111:secret:monolith-replication-Ab12Cd ${own}`,
    ]);
    expect(through("kms")).toEqual([
      `Allow kms:Decrypt, kms:DescribeKey, kms:Encrypt, kms:GenerateDataKey for * on arn:aws:kms:eu-west-1:111111111111:key/*, arn:aws:kms:eu-west-1:222222222222:key/* ${own}`,
    ]);
    expect(through("logs")).toEqual([
      `Allow logs:CreateLogGroup, logs:CreateLogStream, logs:DescribeLogGroups, logs:DescribeLogStreams, logs:PutLogEvents for * on arn:aws:logs:eu-west-1:111111111111:log-group:* ${own}`,
    ]);
    const role = pick(prod(), "RolePolicy", "full-load");
    // The same as the role's, so that neither can be forgotten when the other changes.
    const ofBucket = (text: string): boolean => text.includes(LAKE);
    expect(through("s3")).toEqual(
      policyText(role)
        .filter(ofBucket)
        .map((text) => `${text.replace(" on ", " for * on ")} ${own}`),
    );
  });

  test("the instance waits for every way out", () => {
    const { dependencies } = one("ReplicationInstance", "replication");
    const group = prod().resources.filter(
      ({ type, name, inputs }) =>
        (type.includes("SecurityGroupEgressRule") &&
          name !== "database" &&
          inputs["securityGroupId"] === "sg-replication") ||
        type.endsWith(":VpcEndpoint"),
    );
    expect(dependencies).toEqual(expect.arrayContaining(group.map(({ urn }) => urn)));
  });

  describe("of the program's own making", () => {
    test("stands still until its tables are there: nothing is started, by a deployment or by a schedule", () => {
      expect(pick(ours(), "Resource", "changes-running").inputs["start"]).toBe(false);
      expect(pick(ours(), "Schedule", "full-load").inputs["state"]).toBe("DISABLED");
      const tasks = ours().resources.filter(({ type }) => type.endsWith(":ReplicationTask"));
      expect(tasks.map(({ inputs }) => inputs["startReplicationTask"])).toEqual([false, false]);
    });

    const made = (kind: string, name: string) => pick(ours(), kind, name);

    test("the VPC has isolated subnets in two zones, and no gateway to the internet", () => {
      expect(made("Vpc", "network").inputs).toEqual({
        cidrBlock: "10.64.0.0/16",
        numberOfAvailabilityZones: 2,
        natGateways: { strategy: "None" },
        subnetStrategy: "Auto",
        subnetSpecs: [{ type: "Isolated", name: "replication" }],
        enableDnsHostnames: true,
        enableDnsSupport: true,
      });
      expect(endpoints(ours())).toHaveLength(5);
      for (const { inputs } of endpoints(ours())) expect(inputs["vpcId"]).toBe("vpc-ours");
      expect(made("VpcEndpoint", "s3").inputs["routeTableIds"]).toEqual(["rtb-ours1", "rtb-ours2"]);
      for (const [kind, name] of [
        ["ReplicationSubnetGroup", "replication"],
        ["SubnetGroup", "database"],
      ] as const)
        expect(made(kind, name).inputs["subnetIds"]).toEqual(["subnet-ours1", "subnet-ours2"]);
    });

    test("the database: two zones, encrypted, growing, restorable, not deletable", () => {
      const { inputs, protect, ignoreChanges } = made("Instance", "database");
      expect(inputs).toEqual({
        identifier: "tributary-monolith",
        engine: "postgres",
        engineVersion: "17",
        autoMinorVersionUpgrade: true,
        allowMajorVersionUpgrade: false,
        instanceClass: "db.m7g.large",
        dbName: "monolith",
        port: 5432,
        username: "monolith",
        password: PASSWORD,
        caCertIdentifier: "rds-ca-rsa2048-g1",
        multiAz: true,
        publiclyAccessible: false,
        dbSubnetGroupName: "tributary-database",
        vpcSecurityGroupIds: ["sg-database"],
        parameterGroupName: "tributary-postgres17",
        storageType: "gp3",
        allocatedStorage: 100,
        maxAllocatedStorage: 1000,
        storageEncrypted: true,
        kmsKeyId: KEY,
        backupRetentionPeriod: 14,
        maintenanceWindow: "sun:04:45-sun:05:45",
        performanceInsightsEnabled: true,
        performanceInsightsKmsKeyId: KEY,
        enabledCloudwatchLogsExports: ["postgresql"],
        copyTagsToSnapshot: true,
        deletionProtection: true,
        skipFinalSnapshot: false,
        finalSnapshotIdentifier: "tributary-monolith-final",
      });
      // Each run draws another password.
      expect({ protect, ignoreChanges }).toEqual({ protect: true, ignoreChanges: ["password"] });
    });

    test("its log can be followed, and it refuses what is not encrypted", () => {
      const { parameters, family } = made("ParameterGroup", "database").inputs;
      expect(family).toBe("postgres17");
      expect(parameters).toEqual([
        { name: "rds.logical_replication", value: "1", applyMethod: "pending-reboot" },
        { name: "max_replication_slots", value: "20", applyMethod: "pending-reboot" },
        { name: "max_wal_senders", value: "20", applyMethod: "pending-reboot" },
        { name: "max_worker_processes", value: "24", applyMethod: "pending-reboot" },
        { name: "rds.force_ssl", value: "1", applyMethod: "immediate" },
        { name: "wal_sender_timeout", value: "60000", applyMethod: "immediate" },
        { name: "max_slot_wal_keep_size", value: "-1", applyMethod: "immediate" },
        { name: "idle_in_transaction_session_timeout", value: "0", applyMethod: "immediate" },
      ]);
    });

    test("DMS learns the credentials from Secrets Manager, in its own form, and from nowhere else", () => {
      const secret = "arn:aws:secretsmanager:eu-west-1:111111111111:secret/tributary-database";
      // Preflight knows it by its name.
      expect(made("Secret", "database").inputs).toMatchObject({ name: DATABASE_SECRET, kmsKeyId: KEY });
      expect(JSON.parse(String(made("SecretVersion", "database").inputs["secretString"]))).toEqual({
        username: "monolith",
        password: PASSWORD,
        host: "tributary-monolith.rds.amazonaws.com",
        port: 5432,
      });
      const told = ours().resources.filter(({ inputs }) => JSON.stringify(inputs).includes(PASSWORD));
      expect(told.map(({ type }) => type.split(":").at(-1)).sort()).toEqual(["Instance", "SecretVersion"]);
      const endpoint = made("Endpoint", "source");
      expect(endpoint.inputs["secretsManagerArn"]).toBe(secret);
      expect(endpoint.dependencies).toContain(made("SecretVersion", "database").urn);
      expect(policyText(made("RolePolicy", "source-secret"))).toEqual([
        `Allow secretsmanager:GetSecretValue, secretsmanager:DescribeSecret on ${secret}`,
        `Allow kms:Decrypt, kms:DescribeKey on ${KEY} if StringEquals kms:ViaService=secretsmanager.eu-west-1.amazonaws.com`,
      ]);
      expect(ours().outputs["databaseSecurityGroupId"]).toBe("sg-database");
    });
  });

  test("the database proves itself by the authority of the settings", () => {
    expect(one("Certificate", "source").inputs).toEqual({
      certificateId: expect.stringMatching(/^tributary-source-[0-9a-f]{8}$/),
      certificatePem: readFileSync(AUTHORITY, "utf8").trim(),
    });
    expect(one("Endpoint", "source").inputs).toMatchObject({
      sslMode: "verify-full",
      certificateArn: "arn:aws:dms:eu-west-1:111111111111:cert:source",
    });
  });
}
