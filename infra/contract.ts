/**
 * The names that both accounts derive, so that neither stack needs the other's outputs to admit it: `prod` is deployed first
 * and knows the data account by its id and by these names only.
 */
export interface Accounts {
  readonly prodAccountId: string;
  readonly dataAccountId: string;
  readonly region: string;
}

export const PREFIX = "tributary";

/** The PostgreSQL schema that is replicated. */
export const SCHEMA = "public";

export const names = {
  changesStream: `${PREFIX}-changes`,
  serviceChangesStream: `${PREFIX}-service-changes`,
  /** Role of the capture function, in the data account. */
  captureRole: `${PREFIX}-capture`,
  /** Role with which DMS writes full loads, in the production account. */
  fullLoadRole: `${PREFIX}-full-load`,
  lakeKeyAlias: `alias/${PREFIX}-lake`,
} as const;

export const lakeBucket = ({ dataAccountId, region }: Accounts): string => `${PREFIX}-lake-${dataAccountId}-${region}`;

export const captureRoleArn = ({ dataAccountId }: Accounts): string =>
  `arn:aws:iam::${dataAccountId}:role/${names.captureRole}`;

export const fullLoadRoleArn = ({ prodAccountId }: Accounts): string =>
  `arn:aws:iam::${prodAccountId}:role/${names.fullLoadRole}`;

/** An alias and not a key id: the key is made later, in the other account. */
export const lakeKeyAliasArn = ({ dataAccountId, region }: Accounts): string =>
  `arn:aws:kms:${region}:${dataAccountId}:${names.lakeKeyAlias}`;
