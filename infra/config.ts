/** A stack's settings, checked before anything is created. Every key is described in Pulumi.prod.yaml and Pulumi.data.yaml. */
import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import type { Accounts } from "./contract";

/** `expected` completes the message "found ..., expected ...". */
const text = (expected: string, pattern = /./): z.ZodString =>
  z.string({ error: expected }).regex(pattern, { error: expected });
const list = (item: z.ZodString, atLeast: number, expected: string): z.ZodArray<z.ZodString> =>
  z.array(item, { error: expected }).min(atLeast, { error: expected });
const flag = z.boolean({ error: "true or false" });
const settings = <Shape extends z.ZodRawShape>(shape: Shape) => z.strictObject(shape, { error: expectedOfMap });
const expectedOfMap = (issue: { readonly code: string }): string =>
  issue.code === "unrecognized_keys" ? "no such key" : "a map of settings";

const accountId = text("the 12 digits of an AWS account, in quotes", /^\d{12}$/);
const arn = (service: string): z.ZodString =>
  text(`an ARN that begins with arn:aws:${service}:`, new RegExp(`^arn:aws:${service}:`));
const id = (prefix: string): z.ZodString =>
  text(`an id such as ${prefix}-0123456789abcdef0`, new RegExp(`^${prefix}-[0-9a-f]+$`));

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}

const common = { prodAccountId: accountId, dataAccountId: accountId };

const prodShape = {
  ...common,
  source: settings({
    /** Secrets Manager secret with username, password, host and port. */
    secretArn: arn("secretsmanager"),
    /** Key the secret is encrypted with, if it is a customer key. */
    secretKeyArn: arn("kms").optional(),
    database: text("the name of the database"),
    sslMode: z.enum(["require"], { error: "require" }).default("require"),
  }),
  network: settings({
    subnetIds: list(id("subnet"), 2, "at least two private subnets, in different zones"),
    securityGroupIds: list(id("sg"), 1, "at least one security group that may reach the database"),
  }),
  replication: settings({
    instanceClass: text("a class such as dms.t3.medium", /^dms\.[a-z0-9]+\.[a-z0-9]+$/).default("dms.t3.medium"),
    engineVersion: text("a version such as 3.6.1", /^\d+\.\d+\.\d+$/).default("3.6.1"),
    storageGb: z.int({ error: "a whole number" }).min(20, { error: "at least 20" }).default(50),
    multiAz: flag.default(true),
    /** False where the account has dms-vpc-role and dms-cloudwatch-logs-role already: they exist once per account. */
    createAccountRoles: flag.default(true),
  }).prefault({}),
  fullLoad: settings({
    /** Of EventBridge Scheduler: cron(minutes hours day-of-month month day-of-week year), or rate(1 day). */
    schedule: text(
      "a schedule such as cron(30 2 * * ? *)",
      /^(cron\(\S+( \S+){5}\)|rate\(\d+ (hour|day)s?\))$/,
    ).default("cron(30 2 * * ? *)"),
    /** In which the schedule's hours count. */
    timeZone: z
      .string({ error: "a time zone such as Europe/Paris" })
      .refine(isTimeZone, { error: "a time zone such as Europe/Paris" })
      .default("UTC"),
  }).prefault({}),
};

const dataShape = {
  ...common,
  /** The production stack, as `pulumi stack ls` names it. */
  prodStack: text("the production stack, such as organization/tributary/prod", /^[^/]+\/[^/]+\/[^/]+$/),
};

export type ProdConfig = z.output<z.ZodObject<typeof prodShape>> & Accounts;
export type DataConfig = z.output<z.ZodObject<typeof dataShape>> & Accounts;

/** One message that names file, key, what was found and what is expected. */
function complain(key: string, found: unknown, expected: string): never {
  const value = found === undefined ? "nothing" : JSON.stringify(found);
  throw new pulumi.RunError(`Pulumi.${pulumi.getStack()}.yaml, ${key}: found ${value}, expected ${expected}.`);
}

function valueAt(root: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined),
    root,
  );
}

function read<Shape extends z.ZodRawShape>(shape: Shape): z.output<z.ZodObject<Shape>> {
  const config = new pulumi.Config();
  // A setting that nobody reads is most likely a misspelt one, which would leave its default in force.
  for (const [key, found] of Object.entries(pulumi.runtime.allConfig())) {
    const [owner, name = ""] = key.split(":");
    if (owner === config.name && !Object.hasOwn(shape, name)) complain(key, found, "no such key");
  }
  const given: Record<string, unknown> = {};
  for (const [key, schema] of Object.entries(shape)) {
    const isText = schema instanceof z.ZodString;
    const text = config.get(key);
    if (text === undefined) continue;
    try {
      given[key] = isText ? text : JSON.parse(text);
    } catch {
      complain(`${config.name}:${key}`, text, "a map of settings");
    }
  }
  const parsed = z.object(shape).safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  if (issue === undefined) throw parsed.error;
  const unknownKey = issue.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  const path = unknownKey === undefined ? issue.path : [...issue.path, unknownKey];
  const found = valueAt(given, path);
  return complain(`${config.name}:${path.map(String).join(".")}`, found, issue.message);
}

function region(): string {
  const found = new pulumi.Config("aws").get("region");
  if (found === undefined || !/^[a-z]{2}(-[a-z]+)+-\d$/.test(found))
    complain("aws:region", found, "a region such as eu-west-1");
  return found;
}

export const prodConfig = (): ProdConfig => ({ ...read(prodShape), region: region() });
export const dataConfig = (): DataConfig => ({ ...read(dataShape), region: region() });
