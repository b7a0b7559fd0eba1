/** What stands: replication instances, endpoints, certificates and tasks, by ARN. In memory, as long as the cloud. */
import { randomBytes } from "node:crypto";
import { AwsError, type Scope } from "../../core/service";
import type { KinesisTarget, PostgresSettings, S3Target, SslMode } from "./spec";
import type { ReplicationTask } from "./replicationTask";

export interface Instance extends Scope {
  readonly arn: string;
  readonly id: string;
  /** In the shape of DescribeReplicationInstances. */
  readonly described: Record<string, unknown>;
}

export type Credentials =
  | { readonly from: "secret"; readonly secretArn: string; readonly roleArn: string }
  | {
      readonly from: "endpoint";
      readonly host: string;
      readonly port: number;
      readonly user: string;
      readonly password: string;
    };

export interface Source {
  readonly side: "source";
  readonly database: string;
  readonly credentials: Credentials;
  readonly sslMode: SslMode;
  readonly certificateArn?: string;
  readonly settings: PostgresSettings;
}

export interface Target {
  readonly side: "target";
  readonly roleArn: string;
  readonly to: KinesisTarget | S3Target;
}

export interface Endpoint extends Scope {
  readonly arn: string;
  readonly id: string;
  readonly is: Source | Target;
  /** In the shape of DescribeEndpoints. */
  readonly described: Record<string, unknown>;
}

export interface Certificate extends Scope {
  readonly arn: string;
  readonly id: string;
  readonly pem: string;
}

export interface Connection {
  readonly instance: Instance;
  readonly endpoint: Endpoint;
  status: "testing" | "successful" | "failed";
  failure?: string;
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The last part of an ARN: what is given, or 26 letters as DMS makes them up. */
export const resourceId = (given?: string): string =>
  given ?? Array.from(randomBytes(26), (byte) => BASE32[byte & 31]).join("");

export const dmsArn = ({ account, region }: Scope, kind: string, id: string): string =>
  `arn:aws:dms:${region}:${account}:${kind}:${id}`;

export class Registry {
  readonly instances = new Map<string, Instance>();
  readonly endpoints = new Map<string, Endpoint>();
  readonly certificates = new Map<string, Certificate>();
  readonly tasks = new Map<string, ReplicationTask>();
  /** By instance and endpoint. */
  readonly connections = new Map<string, Connection>();

  instance(arn: string): Instance {
    return found(this.instances, arn, "Replication instance");
  }

  endpoint(arn: string): Endpoint {
    return found(this.endpoints, arn, "Endpoint");
  }

  certificate(arn: string): Certificate {
    return found(this.certificates, arn, "Certificate");
  }

  task(arn: string): ReplicationTask {
    return found(this.tasks, arn, "Replication task");
  }

  source(arn: string): Source {
    const { is, id } = this.endpoint(arn);
    if (is.side === "source") return is;
    throw new AwsError("InvalidParameterValueException", `Endpoint ${id} is a target, and a source is expected.`);
  }

  target(arn: string): Target {
    const { is, id } = this.endpoint(arn);
    if (is.side === "target") return is;
    throw new AwsError("InvalidParameterValueException", `Endpoint ${id} is a source, and a target is expected.`);
  }

  tasksOf(endpointArn: string): ReplicationTask[] {
    return [...this.tasks.values()].filter(
      ({ definition }) => definition.sourceArn === endpointArn || definition.targetArn === endpointArn,
    );
  }
}

function found<T>(map: ReadonlyMap<string, T>, arn: string, what: string): T {
  const value = map.get(arn);
  if (value === undefined) throw new AwsError("ResourceNotFoundFault", `${what} not found: ${arn}.`);
  return value;
}

/** Two of one kind cannot have one identifier in an account and region. */
export function requireFree(
  map: ReadonlyMap<string, Scope & { readonly id: string }>,
  { account, region }: Scope,
  id: string,
  what: string,
): void {
  for (const other of map.values()) {
    if (other.id === id && other.account === account && other.region === region) {
      throw new AwsError("ResourceAlreadyExistsFault", `${what} already exists: ${id}.`);
    }
  }
}
