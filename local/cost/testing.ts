/** Services that have counted what a test says, with quantities that are easy to reckon with. */
import { writeFileSync } from "node:fs";
import * as path from "node:path";
import type { TableStatistics } from "../services/dynamodb/dynamodb";
import { Names } from "./names";
import type { usageOf } from "./usage";

export const arns = {
  changes: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-changes",
  own: "arn:aws:kinesis:eu-west-1:111111111111:stream/tributary-service-changes",
  raw: "arn:aws:dynamodb:eu-west-1:222222222222:table/raw-1234567",
  payroll: "arn:aws:dynamodb:eu-west-1:111111111111:table/tributary-payroll",
  punches: "arn:aws:dynamodb:eu-west-1:111111111111:table/tributary-clocking.punches",
  capture: "arn:aws:lambda:eu-west-1:222222222222:function:capture-1234567",
  payrollFunction: "arn:aws:lambda:eu-west-1:111111111111:function:payroll-1234567",
} as const;

const resource = (type: string, name: string, outputs: Record<string, unknown>) => ({ type, name, outputs });

export const names = new Names([
  {
    resources: [
      resource("aws:kinesis/stream:Stream", "changes", { arn: arns.changes, retentionPeriod: 168 }),
      resource("aws:kinesis/stream:Stream", "service-changes", { arn: arns.own }),
      resource("aws:dynamodb/table:Table", "payroll", { arn: arns.payroll }),
      resource("aws:dynamodb/table:Table", "clocking.punches", { arn: arns.punches }),
      resource("aws:lambda/function:Function", "payroll", { arn: arns.payrollFunction }),
    ],
  },
  {
    resources: [
      resource("aws:dynamodb/table:Table", "raw", { arn: arns.raw }),
      resource("aws:lambda/function:Function", "capture", { arn: arns.capture }),
      resource("aws:s3/bucket:Bucket", "lake", { arn: "arn:aws:s3:::tributary-lake", bucket: "tributary-lake" }),
      resource("aws:s3/bucketPolicy:BucketPolicy", "lake-policy", { bucket: "tributary-lake" }),
    ],
  },
]);

export const KB = 1024;
export const GB = 2 ** 30;

/** @param folder for the log of a function */
export function counters(folder: string): Parameters<typeof usageOf>[0] {
  const logFile = path.join(folder, "capture.log");
  writeFileSync(logFile, "four\nsix666\n");
  const dynamodb = { account: "", region: "", items: 10, bytes: 1000, readUnits: 0, streamRecords: 0, kinesisUnits: 0 };
  const requests = { bucket: "tributary-lake", gets: 0, objects: 1, bytes: GB };
  const delivery = {
    arn: "",
    records: 1,
    bytes: 1,
    objects: 1,
    failedRecords: 0,
    waitingRecords: 0,
    failedAttempts: 0,
  };
  return {
    kinesis: {
      statistics: () => [
        {
          ...{ arn: arns.changes, name: "tributary-changes", records: 3 },
          ...{ putBytes: 4 * KB, polledBytes: 16 * KB, pushedBytes: 5 * KB },
        },
        { arn: arns.own, name: "tributary-service-changes", records: 1, putBytes: KB, polledBytes: KB, pushedBytes: 0 },
      ],
    },
    lambda: {
      statistics: () => [
        {
          ...{ functionArn: arns.capture, functionName: "capture-1234567", invocations: 2, errors: 0, records: 20 },
          ...{ duration: 99.5, billedDuration: 1000, memorySize: 512, coldStarts: 1 },
          ...{ discardedBatches: 0, discardedRecords: 0, lastError: undefined, logFile },
        },
      ],
    },
    dynamodb: {
      statistics: (): TableStatistics[] => [
        {
          ...{ ...dynamodb, arn: arns.raw, name: "raw-1234567", readUnits: 8 },
          writeUnits: { "monolith.shifts": 6, "monolith.users": 2 },
        },
        { ...dynamodb, arn: arns.payroll, name: "tributary-payroll", writeUnits: { shifts: 5, unknown: 1 } },
        {
          ...{ ...dynamodb, arn: arns.punches, name: "tributary-clocking.punches" },
          ...{ writeUnits: { "": 3 }, kinesisUnits: 3 },
        },
      ],
    },
    firehose: {
      statistics: () => [{ ...delivery, name: "tributary-shifts", billedBytes: 5 * KB, rows: 100 }],
    },
    s3: {
      statistics: () => [
        { ...requests, folder: "changes/shifts/dt=2026-11-24", puts: 7 },
        { ...requests, folder: "full/public/shifts/load=1", puts: 1 },
        { ...requests, folder: "landing/public/shifts", puts: 1, gets: 2 },
        { ...requests, bucket: "failures", folder: "", puts: 1, bytes: 0 },
      ],
    },
    athena: { statistics: () => ({ queries: 1, failed: 0, running: 0, bytesScanned: 5, bytesBilled: 10 * KB * KB }) },
  };
}

/** A resource as a stack has it. */
export const declared = (
  type: string,
  inputs: Record<string, unknown> = {},
  outputs: Record<string, unknown> = {},
) => ({
  ...{ type, name: "x", inputs, outputs },
});
export const instance = (inputs: Record<string, unknown>) =>
  declared("aws:dms/replicationInstance:ReplicationInstance", {
    ...{ replicationInstanceClass: "dms.t3.medium", allocatedStorage: 50, multiAz: false },
    ...inputs,
  });
export const metricFilter = declared("aws:cloudwatch/logMetricFilter:LogMetricFilter", {
  metricTransformation: { name: "parked" },
});

/** One of each type that has a price. */
export const everyKind = [
  declared("aws:kinesis/stream:Stream"),
  instance({ allocatedStorage: 60 }),
  declared("aws:ec2/vpcEndpoint:VpcEndpoint", { vpcEndpointType: "Interface", subnetIds: ["a", "b"] }),
  declared("aws:kms/key:Key"),
  declared("aws:secretsmanager/secret:Secret"),
  metricFilter,
  declared("aws:cloudwatch/metricAlarm:MetricAlarm"),
  declared("aws:cloudwatch/dashboard:Dashboard"),
];
