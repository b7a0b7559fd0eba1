/** Where queries run: workgroups that decide where results go, how they are encrypted and how much a query may read. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { PrivateBucket } from "../bucket";
import { dataRoleArn, names, PREFIX } from "../contract";
import { onlyThese } from "../policy";

export interface AthenaArgs {
  readonly account: string;
  /** Key of the lake: a result shows what the lake holds. */
  readonly key: aws.kms.Key;
  readonly accessLogs: aws.s3.Bucket;
  /** ARNs of whoever queries besides analysts and engineers; `*` allowed. */
  readonly operators: readonly string[];
}

/** Days for which a result can be fetched again. */
const KEEP_RESULTS_DAYS = 30;

const GIB = 1024 ** 3;

/** A query that reads more is stopped. Engineers: about half a dollar at $5 a terabyte, and more than any of ours should need. */
const ENGINEERS_SCAN = 100 * GIB;
/** Analysts: ten cents. Each of our KPIs reads far less; a query that reads more has most likely no filter. */
const ANALYSTS_SCAN = 20 * GIB;

/** Folder of the results bucket, by workgroup: who may read results of the one need not see those of the other. */
export const RESULTS = { engineers: "engineers", analysts: "analysts" } as const;

export class Athena extends pulumi.ComponentResource {
  /** For engineers and for the deployment, which makes the views. */
  readonly workgroup: aws.athena.Workgroup;
  /** For product managers: the KPIs stand here as named queries. */
  readonly analysts: aws.athena.Workgroup;
  readonly results: aws.s3.Bucket;

  constructor(name: string, args: AthenaArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Athena", name, {}, options);
    const { account, key, accessLogs, operators } = args;
    const roles = [names.engineerRole, names.analystRole, names.promoteRole].map((role) =>
      dataRoleArn({ dataAccountId: account }, role),
    );
    const { bucket } = new PrivateBucket(
      "results",
      {
        key,
        expire: { "": KEEP_RESULTS_DAYS },
        accessLog: { bucket: accessLogs, prefix: "results/" },
        admits: (arn) => [onlyThese(arn, account, [...roles, ...operators])],
      },
      { parent: this },
    );
    this.results = bucket;
    this.workgroup = this.group("kpis", PREFIX, "The deployment and analysis on the lake", ENGINEERS_SCAN, args);
    this.analysts = this.group("analysts", `${PREFIX}-analysts`, "KPIs and questions of analysts", ANALYSTS_SCAN, args);
    this.registerOutputs({});
  }

  private group(
    resource: string,
    name: string,
    description: string,
    scanLimit: number,
    { account, key }: AthenaArgs,
  ): aws.athena.Workgroup {
    const folder = resource === "analysts" ? RESULTS.analysts : RESULTS.engineers;
    return new aws.athena.Workgroup(
      resource,
      {
        name,
        description,
        state: "ENABLED",
        forceDestroy: false,
        configuration: {
          // A client's own settings are ignored. (A CTAS with a location of its own is refused, too.)
          enforceWorkgroupConfiguration: true,
          publishCloudwatchMetricsEnabled: true,
          bytesScannedCutoffPerQuery: scanLimit,
          // Pinned: a new engine is a change that one tries first.
          engineVersion: { selectedEngineVersion: "Athena engine version 3" },
          resultConfiguration: {
            outputLocation: pulumi.interpolate`s3://${this.results.bucket}/${folder}/`,
            expectedBucketOwner: account,
            encryptionConfiguration: { encryptionOption: "SSE_KMS", kmsKeyArn: key.arn },
          },
        },
      },
      { parent: this },
    );
  }
}
