/**
 * What a service of the laptop cloud is: an API that AWS clients call, and providers that create its resources when the
 * Pulumi program asks for them. Every service file implements `LocalService` and takes the services it needs as
 * constructor arguments; `local/cloud.ts` is the one place that wires them.
 */

import type { Principals } from "./principals";

/** The account and region something lives in. */
export interface Scope {
  /** 12 digits. */
  readonly account: string;
  readonly region: string;
}

/** Who calls: an IAM role (or the account's operator), named by its ARN. */
export interface Principal {
  readonly arn: string;
  readonly account: string;
}

/** What a policy's conditions may ask of a request beside what the authorizer knows itself, e.g. `kms:ViaService`. */
export type ConditionContext = Readonly<Record<string, string | readonly string[]>>;

/** The one place that decides whether `principal` may do `action` on `resource` (an ARN). Throws an `AwsError` if not. */
export interface Authorizer {
  check(principal: Principal, action: string, resource: string, context?: ConditionContext): void;
}

/** Where providers lay down the policies that the authorizer reads. Documents are JSON text; undefined removes one. */
export interface PolicyStore {
  /** A policy of a role (`arn:aws:iam::<account>:role/<name>`), inline or attached. */
  setIdentityPolicy(roleArn: string, name: string, document: string | undefined): void;
  /** The policy of a resource: a bucket's, a stream's, a key's, a role's trust. One a resource. */
  setResourcePolicy(resourceArn: string, document: string | undefined): void;
  /** The account of a resource whose ARN does not say it: a bucket. */
  setOwner?(resourceArn: string, account: string): void;
}

/** One authenticated API request. */
export interface Call extends Scope {
  readonly principal: Principal;
  /** Asks the `Authorizer`; `action` is an IAM action such as `kinesis:PutRecords`. */
  authorize(action: string, resource: string, context?: ConditionContext): void;
}

/** What every service is given when the cloud starts. */
export interface Surroundings {
  /** Folder of this cloud's files; a service keeps its own in a subfolder of its name. */
  readonly folder: string;
  readonly authorizer: Authorizer;
  readonly policies: PolicyStore;
  readonly principals: Principals;
  /** URL of the endpoint, once the cloud is up: what a Lambda or a DMS task gets as AWS_ENDPOINT_URL. */
  readonly endpointUrl: () => string;
  /**
   * How many times faster than on AWS the waits pass that only buffer or start something (Firehose intervals, DMS start-up).
   * Nothing that decides an outcome (retries, ages, timeouts, retention) depends on it.
   */
  readonly haste: number;
}

/** An error in the shape AWS answers with. `fields` are added to the body beside the message. */
export class AwsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status = 400,
    readonly fields: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
    this.name = code;
  }
}

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json | undefined };
export type JsonObject = { [key: string]: Json | undefined };

/** A service that speaks AWS JSON 1.0 or 1.1: `X-Amz-Target: <targetPrefix>.<operation>`. */
export interface JsonApi {
  readonly protocol: "json";
  /** The service name in the credential scope of a signature, e.g. `kinesis`. */
  readonly signingName: string;
  readonly targetPrefix: string;
  readonly jsonVersion: "1.0" | "1.1";
  readonly operations: Readonly<Record<string, (input: never, call: Call) => unknown>>;
}

export interface HttpRequest {
  readonly method: string;
  /** Decoded path, beginning with `/`. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** The body as sent; `aws-chunked` framing is the service's to decode. */
  readonly body: Buffer;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: Buffer | string;
}

/** A service that speaks REST (S3) or Query (STS). An `AwsError` it throws is rendered by its own `renderError`. */
export interface HttpApi {
  readonly protocol: "http";
  readonly signingName: string;
  handle(request: HttpRequest, call: Call): Promise<HttpResponse>;
  renderError(error: AwsError): HttpResponse;
}

/** What a provider is told about the resource it creates. */
export interface ResourceContext extends Scope {
  /** Pulumi type token, e.g. `aws:kinesis/stream:Stream`. */
  readonly type: string;
  /** The logical name in the program. */
  readonly name: string;
  readonly urn: string;
  /** A physical name as Pulumi makes it when the program gives none: `<name>-<7 hex digits>`, stable for the resource's life. */
  readonly autoName: string;
}

export interface Created {
  readonly id: string;
  /** Every output property that the real provider would return and the program may read; inputs are merged under them. */
  readonly outputs: Record<string, unknown>;
}

/** Creates, changes and removes one type of resource. Inputs are plain values: outputs resolved, secrets unwrapped. */
export interface ResourceProvider {
  create(inputs: Record<string, unknown>, context: ResourceContext): Promise<Created> | Created;
  /** Changes it in place and returns the new outputs; without `update`, a changed resource is replaced. */
  update?(
    id: string,
    inputs: Record<string, unknown>,
    previous: Created,
    context: ResourceContext,
  ): Promise<Created> | Created;
  delete?(id: string, previous: Created, context: ResourceContext): Promise<void> | void;
}

export interface LocalService {
  readonly apis?: readonly (JsonApi | HttpApi)[];
  /** By Pulumi type token. */
  readonly providers: Readonly<Record<string, ResourceProvider>>;
  /** Ends timers, processes and connections. Must be safe to call twice. */
  close?(): Promise<void>;
}
