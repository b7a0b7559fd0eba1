/** What must hold of every resource of both stacks, whatever the model says. */
import { lakeTables } from "../../model";
import { TABLE_COMMENT } from "../../model/lake";
import type { Archive, Plan, Planned } from "./plan";
import { ACCOUNTS } from "./plan";
import { statements, statementsOf } from "./policies";

const label = ({ type, name }: Planned): string => `${type} ${name}`;

/** `deletable`: production, with a database of its own and the first of the two keys. */
export function ruleTests(plans: () => { readonly prod: Plan; readonly data: Plan }, deletable: () => Plan): void {
  const all = () => [...plans().prod.resources, ...plans().data.resources];
  const of = (kind: string): readonly Planned[] => all().filter(({ type }) => type.endsWith(`:${kind}`));

  test("every resource goes to its own account, by an explicit provider", () => {
    for (const [stack, { resources }] of Object.entries(plans())) {
      const account = stack === "prod" ? ACCOUNTS.prod : ACCOUNTS.data;
      const providers = resources.filter(({ type }) => type === "pulumi:providers:aws");
      expect(providers).toHaveLength(1);
      expect(providers[0]?.inputs).toMatchObject({ region: "eu-west-1", allowedAccountIds: JSON.stringify([account]) });
      const aws = resources.filter(({ type, custom }) => custom && type.startsWith("aws:"));
      expect(aws.filter(({ provider }) => !provider.startsWith(`${providers[0]?.urn}::`)).map(label)).toEqual([]);
    }
  });

  describe("permissions", () => {
    const allowed = () =>
      [...statements(plans().prod), ...statements(plans().data)].filter(({ effect }) => effect === "Allow");

    test("no action is a wildcard, but of a key for its own account", () => {
      const wild = allowed().filter(({ actions }) => actions.some((action) => action.includes("*")));
      const own = [`arn:aws:iam::${ACCOUNTS.prod}:root`, `arn:aws:iam::${ACCOUNTS.data}:root`];
      expect(
        wild.filter(({ at, principal }) => !(at.startsWith("aws:kms/key:Key ") && own.includes(principal))),
      ).toEqual([]);
    });

    test("no resource is everything, but where the service knows nothing narrower", () => {
      const everything = allowed().filter(
        ({ resources, at }) => resources.includes("*") && !at.startsWith("aws:kms/key:Key "),
      );
      expect(everything.map(({ at, actions }) => `${at}: ${actions.join()}`)).toEqual([
        "aws:iam/rolePolicy:RolePolicy full-load-reader: dms:DescribeReplicationTasks",
        "aws:iam/rolePolicy:RolePolicy analyst: athena:ListWorkGroups,athena:ListDataCatalogs,athena:ListEngineVersions",
        "aws:iam/rolePolicy:RolePolicy format: dynamodb:ListStreams",
        "aws:iam/rolePolicy:RolePolicy data-engineer: athena:ListWorkGroups,athena:ListDataCatalogs,athena:ListEngineVersions",
        "aws:iam/rolePolicy:RolePolicy data-engineer: cloudwatch:GetMetricData,cloudwatch:ListMetrics,cloudwatch:DescribeAlarms,cloudwatch:ListDashboards,logs:GetQueryResults,logs:StopQuery,lambda:ListEventSourceMappings",
      ]);
    });

    test("no policy grows with the tables: a role's policies have 10,240 characters", () => {
      const ofTable = new RegExp(`[-/](${lakeTables.map(({ name }) => name).join("|")})$`);
      const naming = allowed().filter(({ resources }) => resources.some((resource) => ofTable.test(resource)));
      expect(naming.map(({ at }) => at)).toEqual([]);
    });

    test("nobody outside is admitted, but one role of the other account each", () => {
      // By stack: both have resources of the same name.
      const foreign = (["prod", "data"] as const).flatMap((stack) =>
        statements(plans()[stack]).filter(
          ({ effect, principal }) =>
            effect === "Allow" && principal.startsWith("arn:") && !principal.includes(`::${ACCOUNTS[stack]}:`),
        ),
      );
      expect([...new Set(foreign.map(({ at, condition }) => `${at} if ${condition}`))].sort()).toEqual([
        "aws:iam/role:Role full-load-reader if ArnEquals aws:PrincipalArn=arn:aws:iam::222222222222:role/tributary-promote",
        "aws:kinesis/resourcePolicy:ResourcePolicy changes if ArnEquals aws:PrincipalArn=arn:aws:iam::222222222222:role/tributary-capture",
        "aws:kinesis/resourcePolicy:ResourcePolicy service-changes if ArnEquals aws:PrincipalArn=arn:aws:iam::222222222222:role/tributary-capture",
        "aws:kms/key:Key lake if ArnEquals aws:PrincipalArn=arn:aws:iam::111111111111:role/tributary-full-load",
        "aws:kms/key:Key streams if ArnEquals aws:PrincipalArn=arn:aws:iam::222222222222:role/tributary-capture and StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
        "aws:s3/bucketPolicy:BucketPolicy lake if ArnEquals aws:PrincipalArn=arn:aws:iam::111111111111:role/tributary-full-load",
      ]);
    });

    test("a service takes a role for our account only", () => {
      const open = of("Role")
        .flatMap(statementsOf)
        .filter(({ condition }) => condition === "");
      // Lambda takes a function's role for that function only; the other two are DMS' own, by its own names.
      expect(
        open
          .filter(({ principal }) => principal !== "lambda.amazonaws.com")
          .map(({ at }) => at)
          .sort(),
      ).toEqual(["aws:iam/role:Role dms-cloudwatch-logs-role", "aws:iam/role:Role dms-vpc-role"]);
    });

    test("every role has one policy", () => {
      const roles = of("Role")
        .map(({ outputs }) => outputs["name"])
        .sort();
      const policies = [...of("RolePolicy"), ...of("RolePolicyAttachment")].map(({ inputs }) => inputs["role"]).sort();
      expect(policies).toEqual(roles);
    });
  });

  describe("what is stored", () => {
    test("is encrypted with a customer key", () => {
      expect(of("Stream").map(({ inputs }) => inputs["encryptionType"])).toEqual(["KMS", "KMS"]);
      for (const { inputs } of of("Table"))
        expect(inputs["serverSideEncryption"]).toEqual({
          enabled: true,
          kmsKeyArn: expect.stringMatching(/^arn:aws:kms:/),
        });
      for (const { inputs } of of("FirehoseDeliveryStream"))
        expect(inputs["serverSideEncryption"]).toMatchObject({
          keyType: "CUSTOMER_MANAGED_CMK",
          keyArn: expect.any(String),
        });
      for (const { inputs } of [...of("Endpoint"), ...of("S3Endpoint"), ...of("ReplicationInstance")])
        expect(inputs["kmsKeyArn"]).toMatch(/^arn:aws:kms:/);
      for (const { inputs } of of("Key")) expect(inputs).toMatchObject({ enableKeyRotation: true });
    });

    test("a bucket is closed, encrypted and reached by TLS only", () => {
      const buckets = of("Bucket")
        .map(({ outputs }) => String(outputs["bucket"]))
        .sort();
      const guards = [
        "BucketServerSideEncryptionConfiguration",
        "BucketPublicAccessBlock",
        "BucketPolicy",
        "BucketOwnershipControls",
      ];
      for (const guard of guards)
        expect(
          of(guard)
            .map(({ inputs }) => inputs["bucket"])
            .sort(),
        ).toEqual(buckets);
      for (const { inputs } of of("BucketPublicAccessBlock"))
        expect(Object.values(inputs).filter((value) => value === true)).toHaveLength(4);
      for (const policy of of("BucketPolicy")) {
        const name = String(policy.inputs["bucket"]);
        expect(statementsOf(policy)).toContainEqual({
          at: label(policy),
          effect: "Deny",
          actions: ["s3:*"],
          principal: "*",
          resources: [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`],
          condition: "Bool aws:SecureTransport=false",
        });
      }
    });

    test("stays when it is taken out of the program, and cannot be deleted by accident", () => {
      const stateful = ["Stream", "Table", "Bucket", "Key"].flatMap(of);
      expect(stateful.filter(({ protect, retainOnDelete }) => !(protect && retainOnDelete)).map(label)).toEqual([]);
      for (const { inputs } of of("Table"))
        expect(inputs).toMatchObject({ deletionProtectionEnabled: true, pointInTimeRecovery: { enabled: true } });
    });

    test("with the first of two keys can be deleted, and still only by name", () => {
      const found = deletable().resources;
      const ofKind = (kind: string): Planned[] => found.filter(({ type }) => type.endsWith(`:${kind}`));
      const stateful = ["Stream", "Table", "Bucket", "Key", "Instance", "Secret"].flatMap(ofKind);
      expect(stateful.length).toBeGreaterThan(10);
      expect(stateful.filter(({ protect, retainOnDelete }) => !protect || retainOnDelete).map(label)).toEqual([]);
      const isGuarded = ({ inputs }: Planned) => inputs["deletionProtectionEnabled"] ?? inputs["deletionProtection"];
      expect([...ofKind("Table"), ...ofKind("Instance")].filter(isGuarded).map(label)).toEqual([]);
    });

    test("logs end", () => {
      for (const { inputs } of of("LogGroup")) expect(inputs["retentionInDays"]).toBeGreaterThan(0);
    });
  });

  describe("functions", () => {
    const functions = () => of("Function").map((lambda) => ({ lambda, code: lambda.inputs["code"] as Archive }));

    test("upload one small file", () => {
      for (const { code } of functions()) {
        expect(Object.keys(code.files)).toEqual(["__index.js"]);
        expect(code.zipBytes).toBeLessThan(100_000);
        expect(code.files["__index.js"]).not.toMatch(/^\s*with\(/m);
      }
    });

    test("require nothing but Node's own modules and the SDK of the runtime, by its bare name", () => {
      const names = functions().flatMap(({ code }) =>
        [...(code.files["__index.js"] ?? "").matchAll(/require\(\s*(["'`])(.*?)\1\s*\)/g)].map(
          (match) => match[2] ?? "",
        ),
      );
      expect([...new Set(names)].sort()).toEqual([
        "@aws-sdk/client-athena",
        "@aws-sdk/client-database-migration-service",
        "@aws-sdk/client-dynamodb",
        "@aws-sdk/client-firehose",
        "@aws-sdk/client-glue",
        "@aws-sdk/client-s3",
        "@aws-sdk/client-secrets-manager",
        "@aws-sdk/client-sts",
        "node:crypto",
      ]);
    });

    test("have an environment that fits", () => {
      for (const { lambda } of functions())
        expect(JSON.stringify(lambda.inputs["environment"]).length).toBeLessThan(4096);
    });

    test("read their streams with bounded attempts, bisecting, and keep what they give up", () => {
      expect(of("EventSourceMapping")).toHaveLength(6);
      for (const mapping of of("EventSourceMapping")) {
        expect(mapping.inputs).toMatchObject({
          startingPosition: "TRIM_HORIZON",
          functionResponseTypes: ["ReportBatchItemFailures"],
          bisectBatchOnFunctionError: true,
          maximumRetryAttempts: 10,
          maximumRecordAgeInSeconds: -1,
        });
        const { onFailure } = mapping.inputs["destinationConfig"] as { onFailure: { destinationArn: string } };
        const lambda = of("Function").find(({ outputs }) => outputs["arn"] === mapping.inputs["functionName"]);
        const role = String(lambda?.inputs["role"]).split("/")[1];
        const granted = of("RolePolicy")
          .filter(({ inputs }) => inputs["role"] === role)
          .flatMap(statementsOf);
        const may = (action: string, resource: string): boolean =>
          granted.some(({ actions, resources }) => actions.includes(action) && resources.includes(resource));
        expect([
          label(mapping),
          may("s3:PutObject", `${onFailure.destinationArn}/aws/lambda/*`),
          may("s3:ListBucket", onFailure.destinationArn),
        ]).toEqual([label(mapping), true, true]);
      }
    });
  });

  test("names fit what AWS takes", () => {
    for (const { inputs } of of("FirehoseDeliveryStream")) expect(inputs["name"]).toMatch(/^[\w.-]{1,64}$/);
    for (const { inputs } of of("Role")) expect(inputs["name"] ?? "ok").toMatch(/^[\w+=,.@-]{1,64}$/);
    for (const { inputs } of of("Table")) expect(inputs["name"] ?? "raw").toMatch(/^[\w.-]{3,255}$/);
    for (const { inputs } of of("CatalogTable")) expect(inputs["name"]).toMatch(/^[a-z0-9_]+$/);
  });

  test("what the catalog says of a table has room behind the longest comment of the model", () => {
    for (const { inputs } of of("CatalogTable")) {
      const table = lakeTables.find(({ name }) => String(inputs["name"]).endsWith(`_${name}`));
      const [comment, description] = [table?.comment ?? "none", String(inputs["description"])];
      expect(description.startsWith(comment)).toBe(true);
      expect(Buffer.byteLength(description) - Buffer.byteLength(comment)).toBeLessThanOrEqual(2048 - TABLE_COMMENT);
    }
  });
}
