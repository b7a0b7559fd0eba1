/** What the production stack consists of, exactly: a change here is a change of somebody's production account. */
import type { Plan } from "./plan";
import { pick } from "./plan";
import { policyText } from "./policies";
import { tree } from "./tree";

const bucket = (name: string): string => `  s3.Bucket ${name} !+
  s3.BucketLifecycleConfiguration ${name}
  s3.BucketOwnershipControls ${name}
  s3.BucketPolicy ${name}
  s3.BucketPublicAccessBlock ${name}
  s3.BucketServerSideEncryptionConfiguration ${name}`;

const stream = (name: string): string => `  StreamFunction ${name}
    cloudwatch.LogGroup ${name}
    iam.Role ${name}
    iam.RolePolicy ${name}
    lambda.Function ${name}`;

/** `enhanced`: a stack whose services read by enhanced fan-out. */
export function prodTests(prod: () => Plan, enhanced: () => Plan): void {
  const one = (kind: string, name: string) => pick(prod(), kind, name);

  test("the resources: `!` is protected, `+` is kept", () => {
    // Alarms: watchTests.ts.
    const unwatched = { ...prod(), resources: prod().resources.filter(({ type }) => !type.endsWith(":MetricAlarm")) };
    expect(tree(unwatched)).toBe(`Changes changes
  dms.Endpoint changes
  dms.ReplicationTask changes !
  iam.Role changes-target
  iam.RolePolicy changes-target
  pulumi-nodejs:dynamic.Resource changes-running
FullLoad full-load
  dms.ReplicationTask full-load
  dms.S3Endpoint full-load
  iam.Role full-load
  iam.Role full-load-reader
  iam.Role full-load-schedule
  iam.RolePolicy full-load
  iam.RolePolicy full-load-reader
  iam.RolePolicy full-load-schedule
  scheduler.Schedule full-load
  scheduler.ScheduleGroup full-load
Network network
  ec2.SecurityGroup endpoints
  ec2.SecurityGroup replication
  ec2.VpcEndpoint kinesis-streams
  ec2.VpcEndpoint kms
  ec2.VpcEndpoint logs
  ec2.VpcEndpoint s3
  ec2.VpcEndpoint secretsmanager
  vpc.SecurityGroupEgressRule database
  vpc.SecurityGroupEgressRule endpoints
  vpc.SecurityGroupEgressRule s3
  vpc.SecurityGroupIngressRule database
  vpc.SecurityGroupIngressRule endpoints
PrivateBucket failures
${bucket("failures")}
Replication replication
  dms.ReplicationInstance replication !
  dms.ReplicationSubnetGroup replication
  iam.Role dms-cloudwatch-logs-role +
  iam.Role dms-vpc-role +
  iam.RolePolicyAttachment dms-cloudwatch-logs-role +
  iam.RolePolicyAttachment dms-vpc-role +
  kms.Alias replication
  kms.Key replication !+
Service clocking
${stream("clocking")}
  cloudwatch.LogMetricFilter clocking-parked
  dynamodb.KinesisStreamingDestination clocking.punches
  dynamodb.Table clocking !+
  dynamodb.Table clocking.punches !+
  lambda.EventSourceMapping clocking
Service directory
${stream("directory")}
  cloudwatch.LogMetricFilter directory-parked
  dynamodb.Table directory !+
  lambda.EventSourceMapping directory
Service payroll
${stream("payroll")}
  cloudwatch.LogMetricFilter payroll-parked
  dynamodb.Table payroll !+
  lambda.EventSourceMapping payroll
Source source
  dms.Certificate source
  dms.Endpoint source
  iam.Role source-secret
  iam.RolePolicy source-secret
Streams streams
  kinesis.ResourcePolicy changes
  kinesis.ResourcePolicy service-changes
  kinesis.Stream changes !+
  kinesis.Stream service-changes !+
  kms.Alias streams
  kms.Key streams !+
Watch watch
  cloudwatch.Dashboard tributary
  dms.EventSubscription full-load-events
  dms.EventSubscription instance-events
  dms.EventSubscription task-events
  kms.Alias alarms
  kms.Key alarms !+
  sns.Topic alarms
  sns.TopicPolicy alarms
kms.Alias services
kms.Key services !+
pulumi-nodejs:dynamic.Resource filters
pulumi:providers.aws prod`);
  });

  test("the outputs", () => {
    expect(prod().outputs).toEqual({
      changesStreamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
      serviceChangesStreamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-service-changes",
      streamsKeyArn: "arn:aws:kms:eu-west-1:111111111111:key/00000000-streams",
      changesTaskArn: "arn:aws:dms:eu-west-1:111111111111:task:changes",
      fullLoadTaskArn: "arn:aws:dms:eu-west-1:111111111111:task:full-load",
      serviceTables: { payroll: "tributary-payroll", directory: "tributary-directory", clocking: "tributary-clocking" },
      ownTables: { "clocking.punches": "tributary-clocking.punches" },
      failuresBucket: "failures-1234567",
      alarmsTopicArn: "arn:aws:sns:eu-west-1:111111111111:tributary-alarms",
      functions: { payroll: "payroll-1234567", directory: "directory-1234567", clocking: "clocking-1234567" },
    });
  });

  describe("streams", () => {
    test("keep a week, grow by themselves, and are encrypted", () => {
      expect(one("Stream", "changes").inputs).toEqual({
        name: "tributary-changes",
        streamModeDetails: { streamMode: "ON_DEMAND" },
        retentionPeriod: 168,
        encryptionType: "KMS",
        kmsKeyId: "arn:aws:kms:eu-west-1:111111111111:key/00000000-streams",
        enforceConsumerDeletion: false,
      });
    });

    test("admit the data account's capture to read, and nothing else", () => {
      expect(policyText(one("ResourcePolicy", "changes"))).toEqual([
        "Allow kinesis:DescribeStream, kinesis:DescribeStreamSummary, kinesis:GetRecords, kinesis:GetShardIterator, kinesis:ListShards for arn:aws:iam::222222222222:root on arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes if ArnEquals aws:PrincipalArn=arn:aws:iam::222222222222:role/tributary-capture",
      ]);
      expect(policyText(one("Key", "streams"))).toEqual([
        "Allow kms:* for arn:aws:iam::111111111111:root on *",
        "Allow kms:Decrypt for arn:aws:iam::222222222222:root on * if ArnEquals aws:PrincipalArn=arn:aws:iam::222222222222:role/tributary-capture and StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
      ]);
    });
  });

  describe("a service", () => {
    test("has a table of its projections", () => {
      expect(one("Table", "payroll").inputs).toEqual({
        name: "tributary-payroll",
        billingMode: "PAY_PER_REQUEST",
        hashKey: "_key",
        attributes: [{ name: "_key", type: "S" }],
        serverSideEncryption: { enabled: true, kmsKeyArn: "arn:aws:kms:eu-west-1:111111111111:key/00000000-services" },
        pointInTimeRecovery: { enabled: true },
        deletionProtectionEnabled: true,
        ttl: { enabled: true, attributeName: "_expires" },
      });
    });

    test("reads the changes of its tables only", () => {
      expect(one("EventSourceMapping", "payroll").inputs).toEqual({
        functionName: "arn:aws:lambda:eu-west-1:111111111111:function:payroll-1234567",
        eventSourceArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
        enabled: true,
        startingPosition: "TRIM_HORIZON",
        batchSize: 1000,
        maximumBatchingWindowInSeconds: 1,
        parallelizationFactor: 1,
        functionResponseTypes: ["ReportBatchItemFailures"],
        bisectBatchOnFunctionError: true,
        maximumRetryAttempts: 10,
        maximumRecordAgeInSeconds: -1,
        destinationConfig: { onFailure: { destinationArn: "arn:aws:s3:::failures-1234567" } },
        metricsConfig: { metrics: ["EventCount"] },
        filterCriteria: {
          filters: [
            {
              pattern: JSON.stringify({
                data: {
                  metadata: {
                    "record-type": ["data"],
                    "schema-name": ["public"],
                    "table-name": ["contracts", "shifts", "absences"],
                  },
                },
              }),
            },
          ],
        },
      });
    });

    test("has a function that may do this and no more", () => {
      const { inputs } = one("Function", "payroll");
      expect({ ...inputs, code: undefined }).toEqual({
        role: "arn:aws:iam::111111111111:role/payroll-1234567",
        handler: "__index.handler",
        runtime: "nodejs22.x",
        architectures: ["arm64"],
        memorySize: 512,
        timeout: 120,
        environment: {
          variables: {
            TABLE: "tributary-payroll",
            FAILURES_BUCKET: "failures-1234567",
            NODE_OPTIONS: "--max-semi-space-size=32",
          },
        },
        loggingConfig: { logFormat: "JSON", logGroup: "payroll-1234567" },
      });
      expect(policyText(one("RolePolicy", "payroll"))).toEqual([
        "Allow kinesis:DescribeStream, kinesis:DescribeStreamSummary, kinesis:GetRecords, kinesis:GetShardIterator, kinesis:ListShards on arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
        "Allow kms:Decrypt on arn:aws:kms:eu-west-1:111111111111:key/00000000-streams if StringEquals kms:ViaService=kinesis.eu-west-1.amazonaws.com",
        "Allow dynamodb:PartiQLInsert, dynamodb:PartiQLUpdate, dynamodb:BatchGetItem, dynamodb:PutItem on arn:aws:dynamodb:eu-west-1:111111111111:table/tributary-payroll",
        "Allow kms:Decrypt, kms:Encrypt, kms:GenerateDataKey, kms:DescribeKey on arn:aws:kms:eu-west-1:111111111111:key/00000000-services if StringEquals kms:ViaService=dynamodb.eu-west-1.amazonaws.com",
        "Allow s3:PutObject on arn:aws:s3:::failures-1234567/payroll/*, arn:aws:s3:::failures-1234567/aws/lambda/*",
        "Allow s3:ListBucket on arn:aws:s3:::failures-1234567",
        "Allow kms:GenerateDataKey on arn:aws:kms:eu-west-1:111111111111:key/00000000-services if StringEquals kms:ViaService=s3.eu-west-1.amazonaws.com",
        "Allow logs:CreateLogStream, logs:PutLogEvents on arn:aws:logs:eu-west-1:111111111111:log-group:payroll-1234567:*",
      ]);
    });

    test("is a consumer of its own by enhanced fan-out, and asks the stream for no records", () => {
      const consumer = "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes/consumer/tributary-payroll:1";
      expect(pick(enhanced(), "StreamConsumer", "payroll").inputs).toEqual({
        name: "tributary-payroll",
        streamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
      });
      expect(pick(enhanced(), "EventSourceMapping", "payroll").inputs["eventSourceArn"]).toBe(consumer);
      expect(policyText(pick(enhanced(), "RolePolicy", "payroll")).slice(0, 2)).toEqual([
        "Allow kinesis:DescribeStream, kinesis:DescribeStreamSummary, kinesis:ListShards on arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
        `Allow kinesis:DescribeStreamConsumer, kinesis:SubscribeToShard on ${consumer}`,
      ]);
    });

    test("sends the changes of its own table on, with microseconds", () => {
      expect(one("Table", "clocking.punches").inputs).toMatchObject({
        name: "tributary-clocking.punches",
        hashKey: "id",
        attributes: [{ name: "id", type: "S" }],
      });
      expect(one("KinesisStreamingDestination", "clocking.punches").inputs).toEqual({
        tableName: "tributary-clocking.punches",
        streamArn: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-service-changes",
        approximateCreationDateTimePrecision: "MICROSECOND",
      });
    });
  });
}
