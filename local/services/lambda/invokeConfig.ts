/**
 * How Lambda is to invoke a function asynchronously: checked and kept, for asynchronous invocation is refused here.
 * Arguments: @pulumi/aws 7, `aws.lambda.FunctionEventInvokeConfig`.
 * https://docs.aws.amazon.com/lambda/latest/api/API_PutFunctionEventInvokeConfig.html
 */
import { z } from "zod";
import { readInputs } from "../../core/inputs";
import { AwsError, type Created, type ResourceContext, type ResourceProvider } from "../../core/service";
import { type Functions, resolveFunction } from "./functions";

const shape = z.strictObject({
  functionName: z.string(),
  maximumEventAgeInSeconds: z.number().int().min(60).max(21_600).optional(),
  maximumRetryAttempts: z.number().int().min(0).max(2).optional(),
  region: z.string().optional(),
});

export function invokeConfigProvider(functions: Functions): ResourceProvider {
  /** ARNs of the functions that have one. */
  const known = new Set<string>();
  const read = (raw: Record<string, unknown>, context: ResourceContext) => {
    const inputs = readInputs(shape, raw, context);
    const { arn } = functions.existing(resolveFunction(inputs.functionName, context)).settings;
    const made: Created = { id: inputs.functionName, outputs: inputs };
    return { arn, made };
  };
  return {
    create(raw, context) {
      const { arn, made } = read(raw, context);
      if (known.has(arn))
        throw new AwsError("ResourceConflictException", `${arn} has a configuration of asynchronous invocation.`, 409);
      known.add(arn);
      return made;
    },
    update: (_id, raw, _previous, context) => read(raw, context).made,
    delete: (id, _previous, context) => void known.delete(resolveFunction(id, context)),
  };
}
