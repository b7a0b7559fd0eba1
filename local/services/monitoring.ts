/**
 * CloudWatch Logs as the program declares it: names and ARNs, kept so that one may refer to the other. What would be
 * written there is not: the functions' own output is in the folder of the Lambda service. Arguments: @pulumi/aws 7.
 */
import { z } from "zod";
import { readInputs } from "../core/inputs";
import {
  AwsError,
  type Created,
  type LocalService,
  type ResourceContext,
  type ResourceProvider,
} from "../core/service";

const RETENTION = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const groupShape = z.strictObject({
  name: z
    .string()
    .regex(/^[\w./#-]{1,512}$/, "Expected letters, digits and any of _-./#")
    .optional(),
  /** Days; 0 keeps for ever. */
  retentionInDays: z.union([z.literal(0), z.literal(RETENTION)]).default(0),
  kmsKeyId: z.string().optional(),
  skipDestroy: z.boolean().default(false),
  tags: z.unknown().optional(),
});
const streamShape = z.strictObject({
  name: z.string().regex(/^[^:*]{1,512}$/, "Expected a name without : and *"),
  logGroupName: z.string(),
});

const exists = (what: string): AwsError =>
  new AwsError("ResourceAlreadyExistsException", `The specified ${what} already exists`);

const groupArn = ({ account, region }: ResourceContext, name: string): string =>
  `arn:aws:logs:${region}:${account}:log-group:${name}`;

export function monitoringService(): LocalService {
  /** ARNs of groups and, below them, of streams. */
  const known = new Set<string>();
  return {
    providers: {
      "aws:cloudwatch/logGroup:LogGroup": groupProvider(known),
      "aws:cloudwatch/logStream:LogStream": streamProvider(known),
    },
  };
}

function groupProvider(known: Set<string>): ResourceProvider {
  const created = (id: string, inputs: z.output<typeof groupShape>, context: ResourceContext): Created => ({
    id,
    outputs: { ...inputs, name: id, arn: groupArn(context, id), tagsAll: inputs.tags ?? {} },
  });
  return {
    create(raw, context) {
      const inputs = readInputs(groupShape, raw, context);
      const name = inputs.name ?? context.autoName;
      const arn = groupArn(context, name);
      if (known.has(arn)) throw exists("log group");
      known.add(arn);
      return created(name, inputs, context);
    },
    update(id, raw, _previous, context) {
      const inputs = readInputs(groupShape, raw, context);
      if (inputs.name !== undefined && inputs.name !== id) {
        throw new AwsError(
          "InvalidParameterException",
          `${context.type} "${context.name}": a log group cannot be renamed; it must be replaced.`,
        );
      }
      return created(id, inputs, context);
    },
    delete: (_id, { outputs }) => void known.delete(String(outputs["arn"])),
  };
}

function streamProvider(known: Set<string>): ResourceProvider {
  return {
    create(raw, context) {
      const { name, logGroupName } = readInputs(streamShape, raw, context);
      const group = groupArn(context, logGroupName);
      if (!known.has(group)) throw new AwsError("ResourceNotFoundException", "The specified log group does not exist.");
      const arn = `${group}:log-stream:${name}`;
      if (known.has(arn)) throw exists("log stream");
      known.add(arn);
      return { id: name, outputs: { name, logGroupName, arn } };
    },
    delete: (_id, { outputs }) => void known.delete(String(outputs["arn"])),
  };
}
