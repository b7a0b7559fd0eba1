/**
 * The names that both accounts derive, so that neither stack needs the other's outputs to admit it: `prod` is deployed first
 * and knows the data account by its id and by these names only.
 */
import { createHash } from "node:crypto";
import { FOLDERS } from "../functions/promote";

export interface Accounts {
  readonly prodAccountId: string;
  readonly dataAccountId: string;
  readonly region: string;
}

export const PREFIX = "tributary";

/** For how long the streams keep their records: a week, so that a weekend's outage of a reader loses nothing. */
export const RETENTION_HOURS = 168;

/** The PostgreSQL schema that is replicated. */
export const SCHEMA = "public";

export const names = {
  changesStream: `${PREFIX}-changes`,
  serviceChangesStream: `${PREFIX}-service-changes`,
  /** Role of the capture function, in the data account. */
  captureRole: `${PREFIX}-capture`,
  /** Role with which DMS writes full loads, in the production account. */
  fullLoadRole: `${PREFIX}-full-load`,
  /** Roles of the data account that the lake's bucket admits, by these names. */
  deliveryRole: `${PREFIX}-delivery`,
  analystRole: `${PREFIX}-analyst`,
  engineerRole: `${PREFIX}-data-engineer`,
  /** Role of the data account with which an operator sends rows to the lake again. */
  emitterRole: `${PREFIX}-emitter`,
  /** Role of the function that promotes full loads, in the data account. */
  promoteRole: `${PREFIX}-promote`,
  /** Role in the production account with which that function sees how the loads went. */
  fullLoadReaderRole: `${PREFIX}-full-load-reader`,
  lakeKeyAlias: `alias/${PREFIX}-lake`,
} as const;

/** The DynamoDB table of a service's projections. */
export const projectionTable = (service: string): string => `${PREFIX}-${service}`;

/** A service's own DynamoDB table: capture tells by the name which table of the model a change belongs to. */
export const ownTable = ({ source, name }: { readonly source: string; readonly name: string }): string =>
  `${PREFIX}-${source}.${name}`;

/** A name made of ours and a part of the model's, cut to what AWS takes; the end of a longer one tells it from its like. */
const fitting = (name: string, limit: number): string =>
  name.length <= limit
    ? name
    : `${name.slice(0, limit - 9)}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;

/** The Firehose stream of a table in the lake. */
export const deliveryStream = (table: string): string => fitting(`${PREFIX}-${table}`, 64);

/** The DMS task that loads whole tables. */
export const FULL_LOAD_TASK = `${PREFIX}-full-load`;

/** Folder of the lake in which DMS writes full loads: `landing/<schema>/<table>/`. No query reads there. */
export const LANDING_FOLDER = FOLDERS.landing;

/** Folder of the lake with the full loads that were promoted: `full/<schema>/<table>/load=<name>/`. */
export const FULL_FOLDER = FOLDERS.full;

/** Column that DMS adds to a full load: when its task started, as text. */
export const LOADED_AT = "_loaded_at";

export const lakeBucket = ({ dataAccountId, region }: Accounts): string => `${PREFIX}-lake-${dataAccountId}-${region}`;

/** A role of the data account. */
export const dataRoleArn = ({ dataAccountId }: Pick<Accounts, "dataAccountId">, role: string): string =>
  `arn:aws:iam::${dataAccountId}:role/${role}`;

export const captureRoleArn = ({ dataAccountId }: Accounts): string =>
  `arn:aws:iam::${dataAccountId}:role/${names.captureRole}`;

export const fullLoadRoleArn = ({ prodAccountId }: Accounts): string =>
  `arn:aws:iam::${prodAccountId}:role/${names.fullLoadRole}`;

/** An alias and not a key id: the key is made later, in the other account. */
export const lakeKeyAliasArn = ({ dataAccountId, region }: Accounts): string =>
  `arn:aws:kms:${region}:${dataAccountId}:${names.lakeKeyAlias}`;

export const fullLoadReaderRoleArn = ({ prodAccountId }: Accounts): string =>
  `arn:aws:iam::${prodAccountId}:role/${names.fullLoadReaderRole}`;
