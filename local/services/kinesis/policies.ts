/** Resource policies of streams and consumers: one document each, replaced as a whole. */
import { AwsError, type Call, type PolicyStore } from "../../core/service";
import { type Input, invalidArgument, only, requiredText } from "./request";
import type { Streams } from "./streams";

/** Sets a policy, or removes it. Throws `InvalidArgumentException` when it is no JSON object. */
export class StreamPolicies {
  private readonly documents = new Map<string, string>();

  constructor(
    private readonly streams: Streams,
    private readonly store: PolicyStore,
  ) {}

  set(resourceArn: string, document: string | undefined): void {
    this.checkExists(resourceArn);
    if (document !== undefined) checkDocument(document);
    this.store.setResourcePolicy(resourceArn, document);
    if (document === undefined) this.documents.delete(resourceArn);
    else this.documents.set(resourceArn, document);
  }

  get(resourceArn: string): string | undefined {
    this.checkExists(resourceArn);
    return this.documents.get(resourceArn);
  }

  /** Of a stream or consumer that is no more. */
  forget(resourceArn: string): void {
    if (this.documents.delete(resourceArn)) this.store.setResourcePolicy(resourceArn, undefined);
  }

  private checkExists(resourceArn: string): void {
    const [streamArn = "", consumer] = resourceArn.split("/consumer/");
    const stream = this.streams.existing(streamArn);
    if (consumer === undefined || [...stream.consumers.values()].some(({ arn }) => arn === resourceArn)) return;
    throw new AwsError("ResourceNotFoundException", `Consumer ${resourceArn} not found.`);
  }
}

function checkDocument(document: string): void {
  let parsed: unknown;
  try {
    parsed = JSON.parse(document);
  } catch {
    parsed = undefined;
  }
  if (typeof parsed !== "object" || parsed === null || !("Statement" in parsed)) {
    throw invalidArgument("The resource policy is not a policy document: expected a JSON object with a Statement.");
  }
}

export function policyOperations(policies: StreamPolicies) {
  const authorized = (input: Input, call: Call, action: string): string => {
    const arn = requiredText(input, "ResourceARN");
    call.authorize(action, arn);
    return arn;
  };
  return {
    PutResourcePolicy(input: Input, call: Call) {
      only(input, ["ResourceARN", "Policy"]);
      policies.set(authorized(input, call, "kinesis:PutResourcePolicy"), requiredText(input, "Policy"));
    },
    GetResourcePolicy(input: Input, call: Call) {
      only(input, ["ResourceARN"]);
      const arn = authorized(input, call, "kinesis:GetResourcePolicy");
      const document = policies.get(arn);
      if (document !== undefined) return { Policy: document };
      throw new AwsError("ResourceNotFoundException", `No resource policy found for resource ARN ${arn}`);
    },
    DeleteResourcePolicy(input: Input, call: Call) {
      only(input, ["ResourceARN"]);
      policies.set(authorized(input, call, "kinesis:DeleteResourcePolicy"), undefined);
    },
  };
}
