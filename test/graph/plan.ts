/**
 * What the Pulumi program would ask AWS for, without asking: the program runs in a process of its own as the engine runs it,
 * and every resource is answered with the names and ARNs that AWS would give it.
 */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { materialise } from "../../local/engine/assets";
import { findProject, stackConfig } from "../../local/engine/config";
import { runProgram } from "../../local/engine/program";
import type { Registered, Registration, Request } from "../../local/engine/protocol";
import { projectFolder } from "../../local/project";
import { urnOf } from "../../local/engine/state";
import { plainObject, type Marked } from "../../local/engine/wire";

export type Stack = "prod" | "data";

export interface Planned extends Omit<Registration, "inputs"> {
  readonly urn: string;
  /** Type and name of the component it stands in; empty for the stack itself. */
  readonly within: string;
  readonly inputs: Record<string, unknown>;
  readonly outputs: Record<string, unknown>;
}

/** The zip file of a function that would be uploaded. */
export interface Archive {
  readonly zipBytes: number;
  /** Content by name. */
  readonly files: Readonly<Record<string, string>>;
}

export interface Plan {
  /** In the order in which they were declared; the stack itself is not among them. */
  readonly resources: readonly Planned[];
  readonly outputs: Record<string, unknown>;
}

export interface PlanOptions {
  /** Settings in the place of those in the file. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Another program of this project in the place of infra/index. */
  readonly program?: string;
  /** Of the program's process, beside what it inherits. */
  readonly environment?: Readonly<Record<string, string>>;
}

export const ACCOUNTS = { prod: "111111111111", data: "222222222222" } as const;
export const REGION = "eu-west-1";

export const PROD_OUTPUTS = {
  changesStreamArn: `arn:aws:kinesis:${REGION}:${ACCOUNTS.prod}:stream/tributary-changes`,
  serviceChangesStreamArn: `arn:aws:kinesis:${REGION}:${ACCOUNTS.prod}:stream/tributary-service-changes`,
  streamsKeyArn: `arn:aws:kms:${REGION}:${ACCOUNTS.prod}:key/00000000-streams`,
};

/** A certificate authority, and a certificate that is none. */
export const AUTHORITY = path.join(projectFolder(), "test/graph/authority.pem");

/** What AWS draws at random. */
export const PASSWORD = "drawn-at-random";

const withAuthority = (source = "{}"): string =>
  JSON.stringify({ ...(JSON.parse(source) as object), certificate: AUTHORITY });

const PROGRAM = path.join(__dirname, "../../infra/index");

/** What AWS would add to the inputs: a name where none is given, and the ARN. */
function answer(type: string, name: string, inputs: Record<string, unknown>, account: string): Record<string, unknown> {
  const physical = String(inputs["name"] ?? inputs["bucket"] ?? `${name}-1234567`);
  const kind = type.split(":")[2] ?? "";
  const service = type.split(":")[1]?.split("/")[0] ?? "";
  const arn = (of: string): string => `arn:aws:${service}:${REGION}:${account}:${of}/${physical}`;
  switch (kind) {
    case "Bucket":
      return { bucket: physical, id: physical, arn: `arn:aws:s3:::${physical}` };
    case "Role":
      return { name: physical, id: physical, arn: `arn:aws:iam::${account}:role/${physical}` };
    case "Key":
      return { keyId: `00000000-${name}`, arn: `arn:aws:kms:${REGION}:${account}:key/00000000-${name}` };
    case "Table":
      return { name: physical, arn: arn("table"), streamArn: `${arn("table")}/stream/2026-11-24T00:00:00.000` };
    case "LogGroup":
      return { name: physical, arn: `arn:aws:logs:${REGION}:${account}:log-group:${physical}` };
    case "Function":
      return { name: physical, arn: `arn:aws:lambda:${REGION}:${account}:function:${physical}` };
    case "FirehoseDeliveryStream":
      return { name: physical, arn: `arn:aws:firehose:${REGION}:${account}:deliverystream/${physical}` };
    case "Endpoint":
    case "S3Endpoint":
      return { endpointArn: `arn:aws:dms:${REGION}:${account}:endpoint:${name}` };
    case "ReplicationTask":
      return { replicationTaskArn: `arn:aws:dms:${REGION}:${account}:task:${name}` };
    case "ReplicationInstance":
      return { replicationInstanceArn: `arn:aws:dms:${REGION}:${account}:rep:${name}` };
    case "Workgroup":
      return { name: physical, arn: arn("workgroup") };
    case "Resource":
      return name === "pseudonyms"
        ? { arn: `arn:aws:secretsmanager:${REGION}:${account}:secret:${physical}-AbCdEf` }
        : {};
    case "ReplicationSubnetGroup":
      return { id: inputs["replicationSubnetGroupId"] };
    case "Vpc":
      return {
        vpcId: "vpc-ours",
        isolatedSubnetIds: ["subnet-ours1", "subnet-ours2"],
        routeTables: [{ id: "rtb-ours1" }, { id: "rtb-ours2" }],
      };
    case "SecurityGroup":
      return { id: `sg-${name}`, arn: arn("security-group") };
    case "VpcEndpoint":
      return { id: `vpce-${name}`, prefixListId: "pl-s3" };
    case "Instance":
      return { address: `${String(inputs["identifier"])}.rds.amazonaws.com`, arn: arn("db") };
    case "Secret":
      return { id: arn("secret"), arn: arn("secret") };
    case "Certificate":
      return { certificateArn: `arn:aws:dms:${REGION}:${account}:cert:${name}` };
    case "StreamConsumer":
      return { arn: `${String(inputs["streamArn"])}/consumer/${physical}:1` };
    case "EventSourceMapping":
      return { uuid: `uuid-${name}` };
    case "Topic":
      return { name: physical, arn: `arn:aws:sns:${REGION}:${account}:${physical}` };
    default:
      return { name: physical, arn: arn(kind.toLowerCase()) };
  }
}

function archiveOf(asset: Marked, store: string, base: string): Archive {
  const made = materialise(asset, store, base);
  if (!("folder" in made)) throw new Error("a file where an archive is expected");
  const names = fs.readdirSync(made.folder, { recursive: true, encoding: "utf8" });
  const read = (name: string): string => fs.readFileSync(path.join(made.folder, name), "utf8");
  return { zipBytes: made.zipBytes, files: Object.fromEntries(names.map((name) => [name, read(name)])) };
}

/** `urn:pulumi:prod::tributary::tributary:prod:Streams::streams` -> `tributary:prod:Streams streams`; of the stack nothing. */
function shortOf(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  const type = types.split("$").at(-1) ?? "";
  return type === "pulumi:pulumi:Stack" ? "" : `${type} ${name}`;
}

/** @throws Error the program's, as a person would see it. */
export async function plan(stack: Stack, options: PlanOptions = {}): Promise<Plan> {
  const { program = PROGRAM } = options;
  const project = findProject(program);
  const config = stackConfig(project, stack, {});
  // The file names one that every deployment has to fetch.
  if (stack === "prod") config["tributary:source"] = withAuthority(config["tributary:source"]);
  for (const [key, value] of Object.entries(options.config ?? {})) {
    config[key] = typeof value === "string" ? value : JSON.stringify(value);
  }
  const code = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-plan-"));
  const convert = (asset: Marked): unknown => archiveOf(asset, code, project.folder);
  const resources: Planned[] = [];
  let outputs: Record<string, unknown> = {};

  const register = (declared: Registration): Registered => {
    const { type, name, parent, custom } = declared;
    const urn = urnOf(stack, project.name, parent, type, name);
    if (resources.some((other) => other.urn === urn)) throw new Error(`${urn} is declared twice`);
    const inputs = plainObject(declared.inputs, convert);
    const { id = name, ...added } = custom || declared.remote ? answer(type, name, inputs, ACCOUNTS[stack]) : {};
    const outputs: Record<string, unknown> = { ...inputs, ...added };
    if (type !== "pulumi:pulumi:Stack") resources.push({ ...declared, urn, within: shortOf(parent), inputs, outputs });
    return { urn, id: String(id), outputs };
  };

  const handle = async (request: Request): Promise<unknown> => {
    switch (request.kind) {
      case "register":
        return register(request.registration);
      case "outputs":
        if (shortOf(request.urn) === "") outputs = plainObject(request.outputs, convert);
        return {};
      case "read":
        return {
          urn: urnOf(stack, project.name, request.parent, request.type, request.name),
          id: request.id,
          outputs: { name: request.id, outputs: PROD_OUTPUTS, secretOutputNames: [] },
        };
      case "invoke":
        if (request.token === "aws:secretsmanager/getRandomPassword:getRandomPassword")
          return { id: "1", randomPassword: PASSWORD };
        if (request.token === "aws:index/getCallerIdentity:getCallerIdentity")
          return { arn: `arn:aws:iam::${ACCOUNTS[stack]}:root`, accountId: ACCOUNTS[stack] };
        throw new Error(`The program asks ${request.token}, which only AWS could answer.`);
    }
  };
  try {
    await runProgram(
      { program, organization: "organization", project: project.name, stack, config },
      // Where the Pulumi CLI runs it; it must not matter.
      {
        cwd: path.dirname(program),
        env: { ...process.env, ...options.environment },
        handle,
        onOutput: () => undefined,
        signal: new AbortController().signal,
      },
    );
  } finally {
    fs.rmSync(code, { recursive: true, force: true });
  }
  return { resources, outputs };
}

/** @param kind the last part of the type, e.g. `Bucket` */
export function pick({ resources }: Plan, kind: string, name: string): Planned {
  const found = resources.filter((resource) => resource.type.endsWith(`:${kind}`) && resource.name === name);
  if (found[0] === undefined || found.length > 1) throw new Error(`${found.length} resources are a ${kind} ${name}`);
  return found[0];
}
