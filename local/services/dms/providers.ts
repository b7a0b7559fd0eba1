/** What the Pulumi program declares of DMS, but for tasks. The provider's habits: terraform-provider-aws, internal/service/dms. */
import { principalOf } from "../../core/contracts";
import { readInputs } from "../../core/inputs";
import {
  AwsError,
  type Created,
  type ResourceContext,
  type ResourceProvider,
  type Surroundings,
} from "../../core/service";
import { compare, type ComparingProvider } from "./diff";
import { endpointOf, s3EndpointOf } from "./endpoints";
import {
  certificateShape,
  endpointShape,
  eventSubscriptionShape,
  instanceShape,
  s3EndpointShape,
  subnetGroupShape,
} from "./inputs";
import { dmsArn, requireFree, resourceId, type Endpoint, type Instance, type Registry } from "./registry";

type Inputs = Record<string, unknown>;

export interface ProviderDeps {
  readonly surroundings: Surroundings;
  readonly registry: Registry;
}

/**
 * Every account needs a role of this very name before DMS makes anything in its network.
 * AWS DMS guide, "Creating the IAM roles to use with AWS DMS".
 */
function requireVpcRole({ authorizer }: Surroundings, { account }: ResourceContext): void {
  const arn = `arn:aws:iam::${account}:role/dms-vpc-role`;
  try {
    authorizer.check({ arn: "dms.amazonaws.com", account: "" }, "sts:AssumeRole", arn);
    authorizer.check(principalOf(arn), "ec2:DescribeSubnets", "*");
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    throw new AwsError("AccessDeniedFault", `The IAM Role ${arn} is not configured properly.`);
  }
}

const outputs = (inputs: Inputs, more: Inputs): Inputs => ({ ...inputs, tagsAll: inputs["tags"] ?? {}, ...more });

export function subnetGroupProvider({ surroundings }: ProviderDeps): ComparingProvider {
  const made = (raw: Inputs, context: ResourceContext): Created => {
    requireVpcRole(surroundings, context);
    const inputs = readInputs(subnetGroupShape, raw, context);
    const id = inputs.replicationSubnetGroupId;
    return {
      id,
      outputs: outputs(inputs, { replicationSubnetGroupArn: dmsArn(context, "subgrp", id), vpcId: "vpc-local" }),
    };
  };
  return {
    create: made,
    update: (_id, raw, _previous, context) => made(raw, context),
    diff: compare("replicationSubnetGroupId"),
  };
}

export function instanceProvider({ surroundings, registry }: ProviderDeps): ComparingProvider {
  const made = (raw: Inputs, context: ResourceContext, known?: string): Created => {
    const inputs = readInputs(instanceShape, raw, context);
    const id = inputs.replicationInstanceId;
    const arn = known ?? dmsArn(context, "rep", resourceId());
    const { account, region } = context;
    const zone = inputs.availabilityZone ?? `${region}a`;
    const instance: Instance = {
      ...{ arn, id, account, region },
      described: {
        ReplicationInstanceIdentifier: id,
        ReplicationInstanceArn: arn,
        ReplicationInstanceClass: inputs.replicationInstanceClass,
        ReplicationInstanceStatus: "available",
        AllocatedStorage: inputs.allocatedStorage,
        EngineVersion: inputs.engineVersion,
        AutoMinorVersionUpgrade: inputs.autoMinorVersionUpgrade,
        MultiAZ: inputs.multiAz,
        AvailabilityZone: zone,
        PubliclyAccessible: inputs.publiclyAccessible,
        PreferredMaintenanceWindow: inputs.preferredMaintenanceWindow,
        VpcSecurityGroups: inputs.vpcSecurityGroupIds.map((group) => ({ VpcSecurityGroupId: group, Status: "active" })),
        ...(inputs.kmsKeyArn === undefined ? {} : { KmsKeyId: inputs.kmsKeyArn }),
      },
    };
    registry.instances.set(arn, instance);
    return {
      id,
      outputs: outputs(inputs, {
        ...{ replicationInstanceArn: arn, availabilityZone: zone },
        ...{ replicationInstancePrivateIps: ["127.0.0.1"], replicationInstancePublicIps: [] },
      }),
    };
  };
  return {
    create(raw, context) {
      requireVpcRole(surroundings, context);
      requireFree(
        registry.instances,
        context,
        String(raw["replicationInstanceId"]).toLowerCase(),
        "Replication instance",
      );
      return made(raw, context);
    },
    update: (_id, raw, previous, context) => made(raw, context, arnOf(previous, "replicationInstanceArn")),
    delete(_id, previous) {
      const arn = arnOf(previous, "replicationInstanceArn");
      const task = [...registry.tasks.values()].find(({ definition }) => definition.instanceArn === arn);
      if (task !== undefined) throw inUse("Replication instance", arn, task.definition.id);
      registry.instances.delete(arn);
    },
    diff: compare(
      "replicationInstanceId",
      "availabilityZone",
      "kmsKeyArn",
      "publiclyAccessible",
      "replicationSubnetGroupId",
    ),
  };
}

const arnOf = (previous: Created, output: string): string => String(previous.outputs[output]);

const inUse = (what: string, arn: string, task: string): AwsError =>
  new AwsError("InvalidResourceStateFault", `${what} ${arn} is used by the task ${task}.`);

type MakeEndpoint = (raw: Inputs, context: ResourceContext, arn?: string) => { endpoint: Endpoint; inputs: Inputs };

/** Endpoints of both resource types, which differ in their arguments only. */
function endpoints({ registry }: ProviderDeps, make: MakeEndpoint): Required<Omit<ComparingProvider, "diff">> {
  const created = ({ arn, id }: Endpoint, inputs: Inputs): Created => ({
    id,
    outputs: outputs(inputs, { endpointArn: arn }),
  });
  return {
    create(raw, context) {
      const { endpoint, inputs } = make(raw, context);
      requireFree(registry.endpoints, context, endpoint.id, "Endpoint");
      registry.endpoints.set(endpoint.arn, endpoint);
      return created(endpoint, inputs);
    },
    /** A running task has read the endpoint already: it is stopped first where the program asks for it. */
    async update(_id, raw, previous, context) {
      const arn = arnOf(previous, "endpointArn");
      const { endpoint, inputs } = make(raw, context, arn);
      const running = registry.tasksOf(arn).filter(({ isActive }) => isActive);
      const [first] = running;
      if (first !== undefined && inputs["pauseReplicationTasks"] !== true) {
        throw new AwsError(
          "InvalidResourceStateFault",
          `Endpoint ${endpoint.id} is used by the running task ${first.definition.id}: stop it, or set pauseReplicationTasks.`,
        );
      }
      await Promise.all(running.map((task) => task.stopped()));
      registry.endpoints.set(arn, endpoint);
      for (const task of running) task.start("resume-processing");
      await Promise.all(running.map((task) => task.until(() => task.status !== "starting")));
      return created(endpoint, inputs);
    },
    delete(_id, previous) {
      const arn = arnOf(previous, "endpointArn");
      const [task] = registry.tasksOf(arn);
      if (task !== undefined) throw inUse("Endpoint", arn, task.definition.id);
      registry.endpoints.delete(arn);
    },
  };
}

export const endpointProvider = (deps: ProviderDeps): ComparingProvider => ({
  ...endpoints(deps, (raw, context, arn) => {
    const inputs = readInputs(endpointShape, raw, context);
    return { inputs, endpoint: endpointOf(inputs, context, deps.registry, arn) };
  }),
  diff: compare("endpointId", "endpointType", "engineName", "kmsKeyArn", "kinesisSettings.messageFormat"),
});

export const s3EndpointProvider = (deps: ProviderDeps): ComparingProvider => ({
  ...endpoints(deps, (raw, context, arn) => {
    const inputs = readInputs(s3EndpointShape, raw, context);
    // The resource has no pauseReplicationTasks: a running task goes on with what it has read.
    const endpoint = s3EndpointOf(inputs, context, arn);
    return {
      endpoint,
      inputs: { ...inputs, engineDisplayName: "Amazon S3", status: "active", externalId: "", certificateArn: "" },
    };
  }),
  diff: compare("endpointId", "kmsKeyArn"),
});

export const certificateProvider = ({ registry }: ProviderDeps): ResourceProvider => ({
  create(raw, context) {
    const inputs = readInputs(certificateShape, raw, context);
    const { account, region } = context;
    requireFree(registry.certificates, context, inputs.certificateId, "Certificate");
    const arn = dmsArn(context, "cert", resourceId());
    registry.certificates.set(arn, { arn, id: inputs.certificateId, account, region, pem: inputs.certificatePem });
    return { id: inputs.certificateId, outputs: outputs(inputs, { certificateArn: arn }) };
  },
  delete(_id, previous) {
    registry.certificates.delete(arnOf(previous, "certificateArn"));
  },
});

/** Kept, and nothing is published: the laptop cloud has no SNS that delivers. */
export function eventSubscriptionProvider(): ComparingProvider {
  const made = (raw: Inputs, context: ResourceContext): Created => {
    const inputs = readInputs(eventSubscriptionShape, raw, context);
    const name = inputs.name ?? context.autoName;
    return { id: name, outputs: outputs(inputs, { name, arn: dmsArn(context, "es", name) }) };
  };
  return {
    create: made,
    update: (id, raw, _previous, context) => made({ ...raw, name: id }, context),
    diff: compare("name"),
  };
}
