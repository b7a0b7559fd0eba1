/**
 * `raw`: the last accepted image of every row of every table, whatever its source. It is the gate to the lake: only what it
 * accepts goes on, through its stream. The large values of rows that no item can hold lie in a bucket beside it
 * (`functions/overflow.ts`).
 */
import type * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { META } from "../../functions/statements";
import { PrivateBucket } from "../bucket";
import { customerKey } from "../key";
import { protectedTable } from "../table";

export interface RawArgs {
  readonly account: string;
  readonly accessLogs: aws.s3.Bucket;
}

/** Days for which a deleted failure can be had back, and a large value be read by a record that comes again. */
const KEEP_OLD_VERSIONS_DAYS = 30;
/** Days for which what could not be taken waits to be looked at. */
const KEEP_FAILURES_DAYS = 90;

export class Raw extends pulumi.ComponentResource {
  /** A key of its own: raw holds private columns, the lake does not. */
  readonly key: aws.kms.Key;
  readonly table: aws.dynamodb.Table;
  /** What capture and format could not take; private, too. */
  readonly failures: aws.s3.Bucket;
  /** With the table's key, for it holds private columns as well. */
  readonly overflow: aws.s3.Bucket;

  constructor(name: string, { account, accessLogs }: RawArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Raw", name, {}, options);
    this.key = customerKey(
      "raw",
      { account, description: "Raw images of rows and the records that could not be taken" },
      { parent: this },
    );
    this.table = protectedTable(
      "raw",
      { hash: { name: META.key, type: "S" }, key: this.key, expires: META.expires, stream: true },
      { parent: this },
    );
    const { bucket } = new PrivateBucket(
      "raw-failures",
      {
        key: this.key,
        expire: { "": KEEP_FAILURES_DAYS },
        // The only copy of a record: whoever deletes it by mistake can have it back.
        versionDays: KEEP_OLD_VERSIONS_DAYS,
      },
      { parent: this },
    );
    this.failures = bucket;
    this.overflow = new PrivateBucket(
      "raw-overflow",
      {
        key: this.key,
        versionDays: KEEP_OLD_VERSIONS_DAYS,
        accessLog: { bucket: accessLogs, prefix: "raw-overflow/" },
      },
      { parent: this },
    ).bucket;
    this.registerOutputs({});
  }
}
