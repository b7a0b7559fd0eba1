/** Workgroups: where results go, and how much a query may read. https://docs.aws.amazon.com/athena/latest/ug/workgroups.html */
import { z } from "zod";
import { readInputs } from "../../../core/inputs";
import { AwsError, type Created, type ResourceContext, type ResourceProvider, type Scope } from "../../../core/service";

export interface Encryption {
  readonly EncryptionOption: "SSE_S3" | "SSE_KMS";
  readonly KmsKey?: string;
}

export interface Workgroup {
  readonly name: string;
  readonly description?: string;
  readonly state: "ENABLED" | "DISABLED";
  /** Whether a client's own location and encryption are ignored. */
  readonly enforced: boolean;
  /** `s3://bucket/prefix/` */
  readonly outputLocation?: string;
  readonly expectedBucketOwner?: string;
  readonly encryption?: Encryption;
  readonly bytesScannedCutoff?: number;
  readonly publishMetrics: boolean;
  readonly requesterPays: boolean;
  readonly engineVersion: string;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export const ENGINE_VERSION = "Athena engine version 3";

export const invalidRequest = (message: string, fields: Record<string, unknown> = {}): AwsError =>
  new AwsError("InvalidRequestException", message, 400, fields);

export const workgroupArn = ({ account, region }: Scope, name: string): string =>
  `arn:aws:athena:${region}:${account}:workgroup/${name}`;

/** Every account has it; it has no location for results. */
const PRIMARY: Workgroup = {
  name: "primary",
  state: "ENABLED",
  enforced: false,
  publishMetrics: false,
  requesterPays: false,
  engineVersion: "AUTO",
  created: 0,
};

export class Workgroups {
  private readonly byArn = new Map<string, Workgroup>();

  find(scope: Scope, name: string): Workgroup {
    const found = this.byArn.get(workgroupArn(scope, name)) ?? (name === PRIMARY.name ? PRIMARY : undefined);
    if (!found) throw invalidRequest(`WorkGroup ${name} is not found.`);
    return found;
  }

  all(scope: Scope): Workgroup[] {
    const prefix = workgroupArn(scope, "");
    const own = [...this.byArn].filter(([arn]) => arn.startsWith(prefix)).map(([, workgroup]) => workgroup);
    const primary = own.some(({ name }) => name === PRIMARY.name) ? [] : [PRIMARY];
    return [...primary, ...own].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  put(scope: Scope, workgroup: Workgroup, isNew: boolean): void {
    const arn = workgroupArn(scope, workgroup.name);
    if (isNew && this.byArn.has(arn)) throw invalidRequest(`WorkGroup ${workgroup.name} is already created.`);
    this.byArn.set(arn, workgroup);
  }

  remove(scope: Scope, name: string): void {
    this.byArn.delete(workgroupArn(scope, name));
  }
}

export function describeWorkgroup(workgroup: Workgroup): Record<string, unknown> {
  return {
    Name: workgroup.name,
    State: workgroup.state,
    Description: workgroup.description,
    CreationTime: workgroup.created / 1000,
    Configuration: {
      ResultConfiguration: {
        OutputLocation: workgroup.outputLocation,
        EncryptionConfiguration: workgroup.encryption,
        ExpectedBucketOwner: workgroup.expectedBucketOwner,
      },
      EnforceWorkGroupConfiguration: workgroup.enforced,
      PublishCloudWatchMetricsEnabled: workgroup.publishMetrics,
      BytesScannedCutoffPerQuery: workgroup.bytesScannedCutoff,
      RequesterPaysEnabled: workgroup.requesterPays,
      EngineVersion: engineVersion(workgroup),
    },
  };
}

export function engineVersion({ engineVersion: selected }: Workgroup): Record<string, string> {
  return { SelectedEngineVersion: selected, EffectiveEngineVersion: ENGINE_VERSION };
}

/** The least that AWS takes as a limit: 10 MB. */
const LEAST_CUTOFF = 10_485_760;

const shape = z.strictObject({
  tags: z.unknown().optional(),
  tagsAll: z.unknown().optional(),
  region: z.string().optional(),
  name: z.string().optional(),
  description: z.string().optional(),
  state: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  forceDestroy: z.boolean().default(false),
  configuration: z
    .strictObject({
      bytesScannedCutoffPerQuery: z.number().int().min(LEAST_CUTOFF).optional(),
      enforceWorkgroupConfiguration: z.boolean().default(true),
      /** Metrics go nowhere here. */
      publishCloudwatchMetricsEnabled: z.boolean().default(true),
      requesterPaysEnabled: z.literal(false).optional(),
      engineVersion: z
        .strictObject({ selectedEngineVersion: z.enum(["AUTO", ENGINE_VERSION]).default("AUTO") })
        .prefault({}),
      resultConfiguration: z
        .strictObject({
          outputLocation: z
            .string()
            .regex(/^s3:\/\/[^/]+(\/.*)?$/, "Expected s3://<bucket>/<prefix>")
            .optional(),
          expectedBucketOwner: z.string().optional(),
          encryptionConfiguration: z
            .strictObject({ encryptionOption: z.enum(["SSE_S3", "SSE_KMS"]), kmsKeyArn: z.string().optional() })
            .optional(),
        })
        .prefault({}),
    })
    .prefault({}),
});

export function workgroupProvider(
  workgroups: Workgroups,
  isEmpty: (scope: Scope, name: string) => boolean,
): ResourceProvider {
  const read = (raw: Record<string, unknown>, context: ResourceContext, created: number) => {
    const inputs = readInputs(shape, raw, context);
    const { configuration } = inputs;
    const { resultConfiguration: results } = configuration;
    const encryption = results.encryptionConfiguration;
    const workgroup: Workgroup = {
      name: inputs.name ?? context.autoName,
      description: inputs.description,
      state: inputs.state,
      enforced: configuration.enforceWorkgroupConfiguration,
      outputLocation: results.outputLocation,
      expectedBucketOwner: results.expectedBucketOwner,
      encryption: encryption && { EncryptionOption: encryption.encryptionOption, KmsKey: encryption.kmsKeyArn },
      bytesScannedCutoff: configuration.bytesScannedCutoffPerQuery,
      publishMetrics: configuration.publishCloudwatchMetricsEnabled,
      requesterPays: false,
      engineVersion: configuration.engineVersion.selectedEngineVersion,
      created,
    };
    return { inputs, workgroup };
  };
  const made = (inputs: z.output<typeof shape>, { name }: Workgroup, context: ResourceContext): Created => ({
    id: name,
    outputs: { ...inputs, name, arn: workgroupArn(context, name), region: context.region },
  });
  return {
    create(raw, context) {
      const { inputs, workgroup } = read(raw, context, Date.now());
      workgroups.put(context, workgroup, true);
      return made(inputs, workgroup, context);
    },
    update(id, raw, _previous, context) {
      const { inputs, workgroup } = read(
        { ...raw, name: raw["name"] ?? id },
        context,
        workgroups.find(context, id).created,
      );
      if (workgroup.name !== id) throw invalidRequest(`WorkGroup ${id} cannot be renamed; it must be replaced.`);
      workgroups.put(context, workgroup, false);
      return made(inputs, workgroup, context);
    },
    delete(id, previous, context) {
      if (previous.outputs["forceDestroy"] !== true && !isEmpty(context, id)) {
        throw invalidRequest(`WorkGroup ${id} is not empty`);
      }
      workgroups.remove(context, id);
    },
  };
}
