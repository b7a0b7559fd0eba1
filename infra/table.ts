/** A DynamoDB table as all of ours are: on demand, with a customer key, restorable to any second, not deletable by accident. */
import * as aws from "@pulumi/aws";
import type * as pulumi from "@pulumi/pulumi";
import { allowsDeletion, keptData } from "./protection";

export interface ItemKey {
  readonly name: string;
  readonly type: "S" | "N" | "B";
}

export interface ItemKeys {
  readonly hash: ItemKey;
  readonly range?: ItemKey;
}

export interface ProtectedTableArgs extends ItemKeys {
  /** Made up otherwise. */
  readonly tableName?: string;
  readonly key: aws.kms.Key;
  /** Attribute with the epoch second after which DynamoDB may remove an item. */
  readonly expires?: string;
  /** With a stream of old and new images. */
  readonly stream?: boolean;
}

export function protectedTable(
  name: string,
  { tableName, hash, range, key, expires, stream }: ProtectedTableArgs,
  options: pulumi.CustomResourceOptions,
): aws.dynamodb.Table {
  return new aws.dynamodb.Table(
    name,
    {
      ...(tableName === undefined ? {} : { name: tableName }),
      billingMode: "PAY_PER_REQUEST",
      hashKey: hash.name,
      ...(range === undefined ? {} : { rangeKey: range.name }),
      attributes: [hash, ...(range === undefined ? [] : [range])],
      serverSideEncryption: { enabled: true, kmsKeyArn: key.arn },
      pointInTimeRecovery: { enabled: true },
      deletionProtectionEnabled: !allowsDeletion(),
      ...(expires === undefined ? {} : { ttl: { enabled: true, attributeName: expires } }),
      ...(stream === true ? { streamEnabled: true, streamViewType: "NEW_AND_OLD_IMAGES" } : {}),
    },
    { ...options, ...keptData() },
  );
}
