/** A small Pulumi program for the tests: the setting `sample:variant` picks one of its forms. */
const aws = require("@pulumi/aws");
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config();
const things = (exports.things = {});

class Group extends pulumi.ComponentResource {
  constructor(name) {
    super("sample:index:Group", name);
    this.stream = new aws.kinesis.Stream("inner", { shardCount: 1 }, { parent: this });
    this.registerOutputs({ arn: this.stream.arn });
  }
}

/** Code of the program itself, as Pulumi serializes it. */
const provider = {
  async check(_olds, news) {
    const failures = news.size < 0 ? [{ property: "size", reason: "is negative" }] : [];
    return { inputs: news, failures };
  },
  async create(inputs) {
    return { id: `made-${inputs.size}`, outs: { endpoint: process.env.AWS_ENDPOINT_URL, size: inputs.size } };
  },
  async diff(_id, olds, news) {
    return { changes: olds.size !== news.size, replaces: news.size > olds.size ? ["size"] : [] };
  },
  async update(_id, _olds, news) {
    return { outs: { endpoint: "updated", size: news.size } };
  },
};
class Dynamic extends pulumi.dynamic.Resource {
  constructor(name, props) {
    super(provider, name, { endpoint: undefined, ...props });
  }
}

const variants = {
  whole() {
    const text =
      config.require("text") + config.requireNumber("number") + config.requireObject("structured").list[1].deep;
    const bucket = new aws.s3.Bucket(
      "bucket",
      { bucket: "named" },
      { protect: config.getBoolean("unprotected") !== true },
    );
    const stream = new aws.kinesis.Stream("stream", {
      name: pulumi.secret("hush"),
      shardCount: config.getNumber("shards") ?? 1,
    });
    const group = new Group("group");
    // Feeds no export.
    new aws.kinesis.Stream("last", { shardCount: 1 }, { dependsOn: [group.stream] });
    const role = new aws.iam.Role("role", { assumeRolePolicy: "{}" });
    const greeting = "hello";
    const fn = new aws.lambda.CallbackFunction("function", {
      callback: async () => greeting,
      role,
      runtime: "nodejs22.x",
    });
    const dynamic = new Dynamic("dynamic", { size: config.getNumber("size") ?? 1 });
    const account = aws.getCallerIdentityOutput().accountId;
    Object.assign(things, { text, bucket: bucket.arn, stream: stream.name, inner: group.stream.arn, function: fn.arn });
    Object.assign(things, { endpoint: dynamic.endpoint, dynamic: dynamic.id, account, secret: pulumi.secret("s") });
    if (config.getBoolean("more")) new aws.kinesis.Stream("more", { shardCount: 1 }, { retainOnDelete: false });
    if (config.getBoolean("kept")) new aws.kinesis.Stream("kept", { shardCount: 1 }, { retainOnDelete: true });
  },
  reference() {
    const one = new pulumi.StackReference(config.require("other"));
    things.seen = one.requireOutput("things").apply((found) => found.bucket);
  },
  failing() {
    new aws.kinesis.Stream("broken", { shardCount: -1 });
  },
  complaining() {
    throw new pulumi.RunError("Pulumi.one.yaml, sample:x: found nothing, expected something.");
  },
  faulty() {
    process.stderr.write("about to fail\n");
    throw new TypeError("no such thing");
  },
};
variants[config.require("variant")]();
