/** The two Kinesis streams and their key: what leaves the production account, and who in the data account may read it. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import type { Accounts } from "../contract";
import { captureRoleArn, names, RETENTION_HOURS } from "../contract";
import { customerKey } from "../key";
import { KINESIS_READ } from "../permissions";
import { document, foreignRole } from "../policy";
import { keptData } from "../protection";

export interface StreamsArgs {
  readonly accounts: Accounts;
}

export class Streams extends pulumi.ComponentResource {
  readonly key: aws.kms.Key;
  /** Changes of the monolith's tables, as DMS writes them. */
  readonly changes: aws.kinesis.Stream;
  /** Changes of the services' own tables, as DynamoDB writes them. */
  readonly serviceChanges: aws.kinesis.Stream;

  constructor(name: string, { accounts }: StreamsArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:prod:Streams", name, {}, options);
    const capture = captureRoleArn(accounts);
    // Another account can only be admitted to a customer key, never to aws/kinesis.
    this.key = customerKey(
      "streams",
      {
        account: accounts.prodAccountId,
        description: "Change streams of the monolith and of the services",
        admits: [
          foreignRole(capture, {
            Sid: "CaptureReads",
            Action: ["kms:Decrypt"],
            when: { "kms:ViaService": `kinesis.${accounts.region}.amazonaws.com` },
          }),
        ],
      },
      { parent: this },
    );
    this.changes = this.stream("changes", names.changesStream, capture);
    this.serviceChanges = this.stream("service-changes", names.serviceChangesStream, capture);
    this.registerOutputs({});
  }

  private stream(name: string, streamName: string, reader: string): aws.kinesis.Stream {
    const stream = new aws.kinesis.Stream(
      name,
      {
        name: streamName,
        // Shards follow the load. Not the AUTO record distribution: it ignores partition keys, and with them the order.
        streamModeDetails: { streamMode: "ON_DEMAND" },
        retentionPeriod: RETENTION_HOURS,
        encryptionType: "KMS",
        kmsKeyId: this.key.arn,
        enforceConsumerDeletion: false,
      },
      { parent: this, ...keptData() },
    );
    // The only owner of this policy: a put replaces the whole document.
    new aws.kinesis.ResourcePolicy(
      name,
      {
        resourceArn: stream.arn,
        policy: document([
          foreignRole(reader, { Sid: "CaptureReads", Action: [...KINESIS_READ], Resource: stream.arn }),
        ]),
      },
      { parent: this },
    );
    return stream;
  }
}
