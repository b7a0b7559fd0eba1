/** The resource graph of both stacks, from the program itself: run as it is, with nothing created. */
import { dataTests } from "./graph/dataTests";
import type { Plan } from "./graph/plan";
import { plan } from "./graph/plan";
import { preflightTests } from "./graph/preflightTests";
import { prodTests } from "./graph/prodTests";
import { queryTests } from "./graph/queryTests";
import { replicationTests } from "./graph/replicationTests";
import { ruleTests } from "./graph/ruleTests";
import { viewTests } from "./graph/viewTests";

const empty: Plan = { resources: [], outputs: {} };
const plans = { prod: empty, adopting: empty, data: empty };

/** Once for all: each takes its seconds. */
beforeAll(async () => {
  [plans.prod, plans.data, plans.adopting] = await Promise.all([
    plan("prod"),
    plan("data"),
    plan("prod", { config: { "tributary:replication": { createAccountRoles: false } } }),
  ]);
}, 60_000);

describe("the production stack", () => prodTests(() => plans.prod));
describe("replication", () =>
  replicationTests(
    () => plans.prod,
    () => plans.adopting,
  ));
describe("preflight", () =>
  preflightTests(
    () => plans.prod,
    () => plans.adopting,
  ));
describe("the data stack", () => dataTests(() => plans.data));
describe("queries", () => queryTests(() => plans.data));
describe("a view", () => viewTests(() => plans.data));
describe("both stacks", () => ruleTests(() => ({ prod: plans.prod, data: plans.data })));
