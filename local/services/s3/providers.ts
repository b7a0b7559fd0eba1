/** Creates what the Pulumi program declares of S3. Arguments: @pulumi/aws 7, `aws.s3`. */
import { z } from "zod";
import { readInputs } from "../../core/inputs";
import { keyArn } from "../../core/keys";
import {
  AwsError,
  type Created,
  type PolicyStore,
  type ResourceContext,
  type ResourceProvider,
} from "../../core/service";
import { type Bucket, bucketArn } from "./buckets";
import type { Store } from "./store";

const region = { region: z.string().optional() };
const onBucket = { ...region, bucket: z.string(), expectedBucketOwner: z.string().optional() };

const bucketShape = z.strictObject({
  ...region,
  bucket: z.string().optional(),
  bucketPrefix: z.string().optional(),
  forceDestroy: z.boolean().default(false),
  tags: z.unknown().optional(),
});

const encryptionShape = z.strictObject({
  ...onBucket,
  rules: z
    .array(
      z.strictObject({
        applyServerSideEncryptionByDefault: z.strictObject({
          sseAlgorithm: z.enum(["AES256", "aws:kms"]),
          kmsMasterKeyId: z.string().min(1).optional(),
        }),
        bucketKeyEnabled: z.boolean().default(false),
      }),
    )
    .length(1),
});

const versioningShape = z.strictObject({
  ...onBucket,
  versioningConfiguration: z.strictObject({ status: z.enum(["Enabled", "Suspended"]) }),
});

const policyShape = z.strictObject({ ...region, bucket: z.string(), policy: z.string() });

/** Resources that change nothing here; README.md says for each why. They are read, so that a new setting is noticed. */
const INERT = {
  "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": z.strictObject({
    ...region,
    bucket: z.string(),
    blockPublicAcls: z.boolean().optional(),
    blockPublicPolicy: z.boolean().optional(),
    ignorePublicAcls: z.boolean().optional(),
    restrictPublicBuckets: z.boolean().optional(),
  }),
  "aws:s3/bucketOwnershipControls:BucketOwnershipControls": z.strictObject({
    ...region,
    bucket: z.string(),
    rule: z.strictObject({ objectOwnership: z.literal("BucketOwnerEnforced") }),
  }),
  "aws:s3/bucketLogging:BucketLogging": z.strictObject({
    ...onBucket,
    targetBucket: z.string(),
    targetPrefix: z.string(),
  }),
  "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": z.strictObject({
    ...onBucket,
    rules: z
      .array(
        z.strictObject({
          id: z.string(),
          status: z.enum(["Enabled", "Disabled"]),
          filter: z.strictObject({ prefix: z.string().optional() }).optional(),
          expiration: z
            .union([
              z.strictObject({ days: z.number().int().min(1) }),
              z.strictObject({ expiredObjectDeleteMarker: z.literal(true) }),
            ])
            .optional(),
          abortIncompleteMultipartUpload: z.strictObject({ daysAfterInitiation: z.number().int().min(1) }).optional(),
          transitions: z
            .array(z.strictObject({ days: z.number().int().min(0), storageClass: z.literal("INTELLIGENT_TIERING") }))
            .optional(),
          noncurrentVersionExpiration: z.strictObject({ noncurrentDays: z.number().int().min(1) }).optional(),
        }),
      )
      .min(1),
  }),
} as const;

/**
 * 20 KB (https://docs.aws.amazon.com/AmazonS3/latest/userguide/add-bucket-policy.html), of the document without the white space
 * around its parts. AWS brings it into a form of its own first, which may be somewhat shorter or longer.
 */
const POLICY_BYTES = 20 * 1024;

function checkPolicySize(document: string): void {
  if (Buffer.byteLength(withoutSpace(document)) <= POLICY_BYTES) return;
  throw new AwsError("MalformedPolicy", "Policy exceeds the maximum allowed document size.");
}

/** As it is where it is no JSON: the authorizer says so. */
function withoutSpace(document: string): string {
  try {
    return JSON.stringify(JSON.parse(document));
  } catch {
    return document;
  }
}

/** Names of buckets have no upper case, those of resources may. */
function madeUpName({ bucketPrefix }: z.output<typeof bucketShape>, { autoName }: ResourceContext): string {
  return (bucketPrefix === undefined ? autoName : bucketPrefix + autoName.slice(-7)).toLowerCase();
}

function bucketProvider(store: Store, policies: PolicyStore): ResourceProvider {
  const outputsOf = (bucket: Bucket, inputs: z.output<typeof bucketShape>): Created => ({
    id: bucket.name,
    outputs: {
      ...inputs,
      bucket: bucket.name,
      arn: bucketArn(bucket.name),
      region: bucket.region,
      bucketRegion: bucket.region,
      bucketDomainName: `${bucket.name}.s3.amazonaws.com`,
      bucketRegionalDomainName: `${bucket.name}.s3.${bucket.region}.amazonaws.com`,
      tagsAll: inputs.tags ?? {},
    },
  });
  return {
    create(raw, context) {
      const inputs = readInputs(bucketShape, raw, context);
      const bucket = store.buckets.create(
        inputs.bucket ?? madeUpName(inputs, context),
        context.account,
        context.region,
      );
      store.files.createBucket(bucket.name);
      policies.setOwner?.(bucketArn(bucket.name), bucket.account);
      return outputsOf(bucket, inputs);
    },
    update(id, raw, _previous, context) {
      const inputs = readInputs(bucketShape, raw, context);
      if (inputs.bucket !== undefined && inputs.bucket !== id) {
        throw new AwsError(
          "InvalidArgument",
          `${context.type} "${context.name}": a bucket cannot be renamed (${id} to ${inputs.bucket}); it must be replaced.`,
        );
      }
      return outputsOf(store.buckets.existing(id), inputs);
    },
    delete(id, previous) {
      const { objects, history } = store.buckets.existing(id);
      if (objects.size + history.size > 0 && previous.outputs["forceDestroy"] !== true) {
        throw new AwsError(
          "BucketNotEmpty",
          `The bucket ${id} holds ${objects.size} objects, and earlier versions of ${history.size} keys: remove them or set forceDestroy.`,
          409,
        );
      }
      store.buckets.remove(id);
      store.files.removeBucket(id);
    },
  };
}

/** A resource that is a setting of a bucket: `apply` sets it, and again when it changes. */
function settingProvider<Schema extends z.ZodType<{ bucket: string; expectedBucketOwner?: string | undefined }>>(
  store: Store,
  schema: Schema,
  apply: (bucket: Bucket, inputs: z.output<Schema>) => void,
  remove: (bucketName: string) => void,
): ResourceProvider {
  const set = (raw: Record<string, unknown>, context: ResourceContext): Created => {
    const inputs = readInputs(schema, raw, context);
    const bucket = store.buckets.existing(inputs.bucket);
    const expected = inputs.expectedBucketOwner ?? context.account;
    if (bucket.account !== expected) {
      const message = `${context.type} "${context.name}": the bucket ${bucket.name} is not one of the account ${expected}.`;
      throw new AwsError("AccessDenied", message, 403);
    }
    apply(bucket, inputs);
    return { id: bucket.name, outputs: { ...inputs, region: context.region } };
  };
  return {
    create: set,
    update: (id, raw, _previous, context) => {
      const created = set(raw, context);
      if (created.id !== id) remove(id);
      return created;
    },
    delete: (id) => remove(id),
  };
}

export function bucketProviders(store: Store, policies: PolicyStore): Record<string, ResourceProvider> {
  const encryption = settingProvider(
    store,
    encryptionShape,
    (bucket, { rules: [rule] }) => {
      if (rule === undefined) return;
      const { sseAlgorithm: algorithm, kmsMasterKeyId } = rule.applyServerSideEncryptionByDefault;
      const key = keyArn(kmsMasterKeyId ?? "alias/aws/s3", bucket);
      bucket.encryption =
        algorithm === "aws:kms" ? { algorithm, keyArn: key, bucketKey: rule.bucketKeyEnabled } : { algorithm };
    },
    (name) => {
      store.buckets.existing(name).encryption = { algorithm: "AES256" };
    },
  );
  const policy = settingProvider(
    store,
    policyShape,
    (bucket, inputs) => {
      checkPolicySize(inputs.policy);
      policies.setResourcePolicy(bucketArn(bucket.name), inputs.policy);
    },
    (name) => policies.setResourcePolicy(bucketArn(name), undefined),
  );
  const versioning = settingProvider(
    store,
    versioningShape,
    (bucket, inputs) => {
      bucket.versioning = inputs.versioningConfiguration.status;
    },
    // As the provider does: nothing ends it.
    (name) => {
      store.buckets.existing(name).versioning = "Suspended";
    },
  );
  const nothing = (): void => undefined;
  const inert = Object.entries(INERT).map(([type, shape]) => [type, settingProvider(store, shape, nothing, nothing)]);
  return {
    "aws:s3/bucket:Bucket": bucketProvider(store, policies),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": encryption,
    "aws:s3/bucketVersioning:BucketVersioning": versioning,
    "aws:s3/bucketPolicy:BucketPolicy": policy,
    ...Object.fromEntries(inert),
  };
}
