/**
 * EventBridge Scheduler as the program declares it: checked and kept, and nothing is ever started by it. A day here lasts as
 * long as the process; `npm run full-load` does by hand what a schedule does on AWS. Arguments: @pulumi/aws 7.
 * https://docs.aws.amazon.com/scheduler/latest/UserGuide/what-is-scheduler.html
 */
import { z } from "zod";
import { assume } from "../core/assume";
import { readInputs } from "../core/inputs";
import {
  AwsError,
  type Created,
  type LocalService,
  type ResourceContext,
  type ResourceProvider,
  type Surroundings,
} from "../core/service";

const targetShape = z.strictObject({
  arn: z
    .string()
    .regex(
      /^(arn:aws:scheduler:::aws-sdk:[a-z0-9]+:[a-zA-Z]+|arn:aws:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+)$/,
      "Expected a function or a universal target",
    ),
  roleArn: z.string(),
  input: z.string(),
  retryPolicy: z
    .strictObject({
      maximumEventAgeInSeconds: z.number().int().min(60).max(86_400),
      maximumRetryAttempts: z.number().int().min(0).max(185),
    })
    .optional(),
});

const scheduleShape = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, "Expected up to 64 letters, digits and any of _.-"),
  groupName: z.string().default("default"),
  description: z.string().max(512).optional(),
  state: z.enum(["ENABLED", "DISABLED"]).default("ENABLED"),
  scheduleExpression: z
    .string()
    .regex(/^(cron\(\S+( \S+){5}\)|rate\(\d+ (minute|hour|day)s?\))$/, "Expected cron(six fields) or rate(1 day)"),
  scheduleExpressionTimezone: z.string().default("UTC"),
  flexibleTimeWindow: z.discriminatedUnion("mode", [
    z.strictObject({ mode: z.literal("OFF") }),
    z.strictObject({ mode: z.literal("FLEXIBLE"), maximumWindowInMinutes: z.number().int().min(1).max(1440) }),
  ]),
  target: targetShape,
});

const groupShape = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,64}$/, "Expected up to 64 letters, digits and any of _.-"),
});

const groupArn = ({ region, account }: ResourceContext, name: string): string =>
  `arn:aws:scheduler:${region}:${account}:schedule-group/${name}`;

export function schedulerService(surroundings: Surroundings): LocalService {
  /** ARNs, of schedules and of groups. */
  const known = new Set<string>();
  return {
    providers: {
      "aws:scheduler/schedule:Schedule": scheduleProvider(surroundings, known),
      "aws:scheduler/scheduleGroup:ScheduleGroup": groupProvider(known),
    },
  };
}

/** Without `update`: another name is another group. */
function groupProvider(known: Set<string>): ResourceProvider {
  return {
    create(raw, context) {
      const { name } = readInputs(groupShape, raw, context);
      const arn = groupArn(context, name);
      if (known.has(arn)) throw new AwsError("ConflictException", `Schedule group ${name} already exists.`, 409);
      known.add(arn);
      return { id: name, outputs: { name, arn, state: "ACTIVE" } };
    },
    delete: (_id, { outputs }) => void known.delete(String(outputs["arn"])),
  };
}

function scheduleProvider({ authorizer }: Surroundings, known: Set<string>): ResourceProvider {
  const made = (raw: Record<string, unknown>, context: ResourceContext): Created => {
    const inputs = readInputs(scheduleShape, raw, context);
    const { account, region } = context;
    const { groupName: group } = inputs;
    const arn = `arn:aws:scheduler:${region}:${account}:schedule/${group}/${inputs.name}`;
    if (group !== "default" && !known.has(groupArn(context, group)))
      throw new AwsError("ResourceNotFoundException", `Schedule group ${group} does not exist.`, 404);
    // As the API does when a schedule is made: a role that does not trust the scheduler is refused.
    assume(authorizer, "scheduler.amazonaws.com", inputs.target.roleArn, { "aws:SourceAccount": account });
    return {
      id: `${group}/${inputs.name}`,
      outputs: { ...inputs, arn, actionAfterCompletion: "NONE" },
    };
  };
  return {
    create(raw, context) {
      const created = made(raw, context);
      const arn = String(created.outputs["arn"]);
      if (known.has(arn)) throw new AwsError("ConflictException", `Schedule ${created.id} already exists.`, 409);
      known.add(arn);
      return created;
    },
    update(id, raw, _previous, context) {
      const changed = made(raw, context);
      if (changed.id === id) return changed;
      throw new AwsError(
        "ValidationException",
        `${context.type} "${context.name}": a schedule cannot be renamed; it must be replaced.`,
      );
    },
    delete: (_id, { outputs }) => void known.delete(String(outputs["arn"])),
  };
}
