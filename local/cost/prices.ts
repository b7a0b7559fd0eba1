/**
 * List prices of AWS, in US dollars, without free tier and discounts: the one place where a price stands. AWS changes them
 * rarely, and by region: before you rely on a figure, open the page, and correct the line and its date here.
 */

/** Of which the prices are: not the example's own, for of this one more could be found. */
export const REGION = "us-east-1";

export interface Price {
  /** Of what, for people. */
  readonly what: string;
  readonly usd: number;
  /** What `usd` buys, for people. */
  readonly unit: string;
  /** And in the unit that is counted: bytes, requests, hours, months, byte-months. */
  readonly per: number;
  /** AWS' page of it. */
  readonly page: string;
  /** Year and month in which it was read. */
  readonly read: string;
  /**
   * `price list`: from what others read out of AWS' price list by machine (infracost's test data of August 2026, for DMS a
   * test of June 2026). `quoted`: many quote it, nobody with its source: not confirmed.
   */
  readonly from: "price list" | "quoted";
}

const GB = 2 ** 30;
const TB = 2 ** 40;
const MILLION = 1e6;

const page = (path: string): string => `https://aws.amazon.com/${path}/pricing/`;

const listed = (what: string, usd: number, unit: string, per: number, path: string): Price => ({
  ...{ what, usd, unit, per, page: page(path) },
  ...{ read: "2026-08", from: "price list" },
});

const quoted = (what: string, usd: number, unit: string, per: number, path: string): Price => ({
  ...listed(what, usd, unit, per, path),
  from: "quoted",
});

const dms = (usd: number): Price => ({ ...listed("instance", usd, "hour", 1, "dms"), read: "2026-06" });

export const PRICES = {
  kinesisHour: listed("stream", 0.04, "stream-hour", 1, "kinesis/data-streams"),
  kinesisPut: listed("records put", 0.08, "GB", GB, "kinesis/data-streams"),
  kinesisPolled: listed("records read, by every reader", 0.04, "GB", GB, "kinesis/data-streams"),
  kinesisPushed: listed("records sent, to every reader", 0.05, "GB", GB, "kinesis/data-streams"),
  /** Beyond the first day, up to the seventh. */
  kinesisRetention: listed("records kept for a week", 0.1, "GB-month", GB, "kinesis/data-streams"),
  lambdaRequest: listed("invocations", 0.2, "million", MILLION, "lambda"),
  /** On arm64. */
  lambdaDuration: listed("duration, estimated", 0.0000133334, "GB-second", 1, "lambda"),
  logs: listed("log lines", 0.5, "GB", GB, "cloudwatch"),
  dynamodbWrite: listed("writes", 0.625, "million units", MILLION, "dynamodb/on-demand"),
  dynamodbRead: listed("reads", 0.125, "million units", MILLION, "dynamodb/on-demand"),
  /** Change data capture for Kinesis. */
  dynamodbCapture: quoted("changes sent to Kinesis", 0.1, "million units", MILLION, "dynamodb/on-demand"),
  dynamodbStorage: listed("storage", 0.25, "GB-month", GB, "dynamodb/on-demand"),
  /** Point-in-time recovery. */
  dynamodbBackup: listed("point-in-time recovery", 0.2, "GB-month", GB, "dynamodb/on-demand"),
  /** Direct PUT, the first 500 TB of a month. */
  firehosePut: quoted("records put", 0.029, "GB", GB, "firehose"),
  firehoseConversion: quoted("conversion to Parquet", 0.018, "GB", GB, "firehose"),
  s3Put: listed("PUT, COPY and LIST requests", 0.005, "thousand", 1000, "s3"),
  s3Get: listed("GET requests", 0.0004, "thousand", 1000, "s3"),
  s3Storage: listed("storage", 0.023, "GB-month", GB, "s3"),
  athenaScan: quoted("bytes scanned", 5, "TB", TB, "athena"),
  kmsKey: listed("key", 1, "key and month", 1, "kms"),
  kmsRequest: listed("requests", 0.03, "ten thousand", 10_000, "kms"),
  secret: listed("secret", 0.4, "secret and month", 1, "secrets-manager"),
  alarm: listed("alarm", 0.1, "alarm and month", 1, "cloudwatch"),
  dashboard: listed("dashboard", 3, "dashboard and month", 1, "cloudwatch"),
  metric: quoted("metric of our own", 0.3, "metric and month", 1, "cloudwatch"),
  /** Of an interface endpoint, in each zone. */
  endpointHour: listed("interface endpoint", 0.01, "zone and hour", 1, "privatelink"),
  /** Beyond what the class includes. */
  dmsStorage: listed("disk", 0.115, "GB-month", 1, "dms"),
} as const satisfies Record<string, Price>;

export type PriceName = keyof typeof PRICES;

/** By class, of one zone: Multi-AZ is twice as much. A class that is not here has no price, and the report says so. */
export const DMS_HOUR: Readonly<Record<string, Price>> = {
  "dms.t3.medium": dms(0.0745),
};

/** Of a month, on average: AWS' own calculator takes it. */
export const HOURS_A_MONTH = 730;

export const costOf = (price: Price, amount: number): number => (amount / price.per) * price.usd;
