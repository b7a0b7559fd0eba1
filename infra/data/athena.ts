/** Where queries run: a workgroup that decides where results go, how they are encrypted and how much a query may read. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket } from "../bucket";
import { PREFIX } from "../contract";

export interface AthenaArgs {
  readonly account: string;
  /** Key of the lake: a result shows what the lake holds. */
  readonly key: aws.kms.Key;
}

/** Days for which a result can be fetched again. */
const KEEP_RESULTS_DAYS = 30;
/** A query that reads more is stopped: about half a dollar at $5 a terabyte, and more than any of ours should need. */
const SCAN_LIMIT = 100 * 1024 ** 3;

export class Athena extends pulumi.ComponentResource {
  readonly workgroup: aws.athena.Workgroup;

  constructor(name: string, { account, key }: AthenaArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Athena", name, {}, options);
    const { bucket } = new PrivateBucket("results", { key, expire: { "": KEEP_RESULTS_DAYS } }, { parent: this });
    this.workgroup = new aws.athena.Workgroup(
      "kpis",
      {
        name: PREFIX,
        description: "KPIs and analysis on the lake",
        state: "ENABLED",
        forceDestroy: false,
        configuration: {
          // A client's own settings are ignored. (A CTAS with a location of its own is refused, too.)
          enforceWorkgroupConfiguration: true,
          publishCloudwatchMetricsEnabled: true,
          bytesScannedCutoffPerQuery: SCAN_LIMIT,
          // Pinned: a new engine is a change that one tries first.
          engineVersion: { selectedEngineVersion: "Athena engine version 3" },
          resultConfiguration: {
            outputLocation: pulumi.interpolate`s3://${bucket.bucket}/`,
            expectedBucketOwner: account,
            encryptionConfiguration: { encryptionOption: "SSE_KMS", kmsKeyArn: key.arn },
          },
        },
      },
      { parent: this },
    );
    this.registerOutputs({});
  }
}
