/**
 * What the function's role must be allowed so that Lambda can read a stream for it and keep what fails.
 * https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
 * https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-params.html
 */
import { AwsError, type Authorizer, type Principal } from "../../core/service";
import type { EventStream } from "../../core/streams";

const KINESIS = ["DescribeStream", "DescribeStreamSummary", "ListShards"];
const KINESIS_SHARED = ["GetShardIterator", "GetRecords"];
const DYNAMODB = ["DescribeStream", "GetShardIterator", "GetRecords"];

/** Throws an `AwsError` for the first thing the role may not. `sourceArn` is the stream's, or that of one of its consumers. */
export function checkReading(authorizer: Authorizer, role: Principal, stream: EventStream, sourceArn: string): void {
  const ask = (service: string, actions: readonly string[], resource: string): void => {
    for (const action of actions) authorizer.check(role, `${service}:${action}`, resource);
  };
  try {
    if (stream.kind === "dynamodb") {
      ask("dynamodb", DYNAMODB, stream.arn);
      ask("dynamodb", ["ListStreams"], "*");
    } else {
      ask("kinesis", KINESIS, stream.arn);
      if (sourceArn === stream.arn) ask("kinesis", KINESIS_SHARED, stream.arn);
      else ask("kinesis", ["SubscribeToShard"], sourceArn);
    }
    if (stream.keyArn !== undefined) {
      authorizer.check(role, "kms:Decrypt", stream.keyArn, {
        "kms:ViaService": `${stream.kind}.${stream.arn.split(":")[3] ?? ""}.amazonaws.com`,
        "kms:CallerAccount": role.account,
        ...(stream.kind === "kinesis" ? { "kms:EncryptionContext:aws:kinesis:arn": stream.arn } : {}),
      });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError("InvalidParameterValueException", `Cannot access stream ${sourceArn}. ${reason}`);
  }
}

/** Throws an `AwsError` if what fails could not be kept. `prefix` is where its objects would lie. */
export function checkDestination(authorizer: Authorizer, role: Principal, bucket: string, prefix: string): void {
  try {
    authorizer.check(role, "s3:ListBucket", `arn:aws:s3:::${bucket}`);
    authorizer.check(role, "s3:PutObject", `arn:aws:s3:::${bucket}/${prefix}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AwsError(
      "InvalidParameterValueException",
      `Cannot write to the failure destination ${bucket}. ${reason}`,
    );
  }
}
