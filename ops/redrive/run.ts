/** `npm run redrive`: lists what could not be taken, and puts it back through the functions. */
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { CannotRun, type Code, type Surroundings } from "../command";
import { findDeployment } from "../deployment";
import { readOptions } from "../options";
import { readFailures } from "./failures";
import { replay, type Replayed, type Scope } from "./replay";
import { renderFailures, renderReplayed } from "./report";

const HELP = `npm run redrive -- [options] list
npm run redrive -- [options] replay

list    shows what could not be taken: messages that a function parked, and batches that Lambda gave up, by function,
        reason and day.
replay  puts them back through the same function, in their order, under the same rule: an old change does no harm. Says
        what became of each, and moves what was taken to redriven/ in the same bucket.

      --stack <name>   Of one account only: prod or data.
      --prefix <text>  Only objects whose key begins so, such as payroll/ or capture/parked/2026-11-24/.
      --reason <text>  Only records with this reason, such as oversized.
      --local          Of the laptop cloud that npm start keeps running, not of AWS.
      --json           Prints one JSON object; of a replay with every record.
  -h, --help           Prints this.

Exit code: 0 all was taken, 1 some was parked again or failed, 2 it could not be done.
docs/operations.md says more.`;

const STACKS = ["prod", "data"] as const;

export async function redrive(argv: readonly string[], surroundings: Surroundings): Promise<Code> {
  const { values, positionals } = readOptions(argv, {
    stack: { type: "string" },
    prefix: { type: "string", default: "" },
    reason: { type: "string" },
  });
  const { print, note, status } = surroundings;
  if (values.help) {
    print(HELP);
    return 0;
  }
  const [action, ...more] = positionals;
  if ((action !== "list" && action !== "replay") || more.length > 0) throw new CannotRun("Say list or replay.");
  const stacks = STACKS.filter((stack) => values.stack === undefined || values.stack === stack);
  if (stacks.length === 0) throw new CannotRun(`There is no stack ${values.stack}: prod or data.`);
  const deployment = findDeployment({ ...surroundings, local: values.local });
  const wanted = (reason: string): boolean => values.reason === undefined || values.reason === reason;

  const found = [];
  const unreadable: string[] = [];
  const replayed: Replayed[] = [];
  for (const stack of stacks) {
    const { outputs, settings } = await deployment[stack]();
    const scope: Scope = { stack, bucket: outputs.failuresBucket, functions: outputs.functions };
    const s3 = new S3Client({ ...settings, forcePathStyle: settings.endpoint !== undefined });
    const lambda = new LambdaClient(settings);
    try {
      status(`  reading s3://${scope.bucket}/${values.prefix}`);
      const read = await readFailures(s3, scope.bucket, values.prefix, scope.functions);
      unreadable.push(...read.unreadable);
      const { failures } = read;
      if (action === "list") found.push(...failures.map((failure) => ({ stack, failure })));
      else replayed.push(...(await replay(failures, wanted, scope, { s3, lambda }, surroundings)));
    } finally {
      s3.destroy();
      lambda.destroy();
    }
  }
  status("");
  for (const problem of unreadable) note(`redrive: ${problem}`);
  if (action === "list") {
    print(renderFailures(found, wanted, values.json));
    return unreadable.length === 0 ? 0 : 1;
  }
  print(renderReplayed(replayed, values.json));
  for (const problem of new Set(replayed.flatMap((each) => each.problem ?? []))) note(`redrive: ${problem}`);
  if (replayed.some(({ fate }) => fate === "expired")) {
    note(`redrive: ${TOO_OLD}`);
  }
  const isTaken = ({ fate }: Replayed): boolean => !["failed", "parked", "expired"].includes(fate);
  return unreadable.length === 0 && replayed.every(isTaken) ? 0 : 1;
}

const TOO_OLD =
  "What is too old stays where it is: rows deleted since could come back. Load the tables again instead (messages of more than " +
  "30 days), or emit them (npm run emit; batches of format of more than a day).";
