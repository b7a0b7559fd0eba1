/** The resource graph of both stacks, from the program itself: run as it is, with nothing created. */
import * as path from "node:path";
import { undecided } from "../local/cost/fixed";
import { dataTests } from "./graph/dataTests";
import type { Plan } from "./graph/plan";
import { lakeTests } from "./graph/lakeTests";
import { networkTests } from "./graph/networkTests";
import { AUTHORITY, plan } from "./graph/plan";
import { preflightTests } from "./graph/preflightTests";
import { prodTests } from "./graph/prodTests";
import { queryTests } from "./graph/queryTests";
import { replicationTests } from "./graph/replicationTests";
import { ruleTests } from "./graph/ruleTests";
import { runningTests } from "./graph/runningTests";
import { schemaTests } from "./graph/schemaTests";
import { viewTests } from "./graph/viewTests";
import { watchTests } from "./graph/watchTests";

const empty: Plan = { resources: [], outputs: {} };
const plans = { prod: empty, other: empty, data: empty, quiet: empty, deletable: empty, unconstrained: empty };

/** The other choice wherever there is one: whatever can be is the program's own. */
const OTHER = {
  "tributary:source": { database: "monolith", certificate: AUTHORITY, create: {} },
  "tributary:network": {},
  "tributary:replication": { createAccountRoles: false, start: false },
  "tributary:streams": { readers: "enhanced" },
  "tributary:alarmEmails": ["ops@example.com"],
};

/** Once for all: each takes its seconds. */
beforeAll(async () => {
  [plans.prod, plans.data, plans.other, plans.quiet, plans.deletable, plans.unconstrained] = await Promise.all([
    plan("prod"),
    plan("data"),
    plan("prod", { config: OTHER }),
    plan("data", { program: path.join(__dirname, "graph/noHeartbeat") }),
    plan("prod", { config: { ...OTHER, "tributary:allowDeletion": "prod" } }),
    plan("prod", { program: path.join(__dirname, "graph/unconstrained") }),
  ]);
}, 120_000);

describe("the production stack", () =>
  prodTests(
    () => plans.prod,
    () => plans.other,
  ));
describe("replication", () =>
  replicationTests(
    () => plans.prod,
    () => plans.other,
    () => plans.unconstrained,
  ));
describe("the task's running", () => runningTests(() => plans.prod));
describe("the network and the source", () =>
  networkTests(
    () => plans.prod,
    () => plans.other,
  ));
describe("watch", () =>
  watchTests(
    () => plans.prod,
    () => plans.other,
    () => plans.data,
    () => plans.quiet,
  ));
describe("preflight", () =>
  preflightTests(
    () => plans.prod,
    () => plans.other,
  ));
describe("the data stack", () => dataTests(() => plans.data));
describe("the lake", () => lakeTests(() => plans.data));
describe("queries", () => queryTests(() => plans.data));
describe("the lake's columns", () => schemaTests(() => plans.data));

describe("a view", () => viewTests(() => plans.data));
test("what every resource costs by the month, if anything, is decided (local/cost/fixed.ts)", () => {
  const all = Object.values(plans).flatMap(({ resources }) => resources);
  expect(all.length).toBeGreaterThan(0);
  expect(undecided(all)).toEqual([]);
});
describe("both stacks", () =>
  ruleTests(
    () => ({ prod: plans.prod, data: plans.data }),
    () => plans.deletable,
  ));
