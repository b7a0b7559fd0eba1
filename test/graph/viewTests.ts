/** A view as a resource: the provider's code as Pulumi keeps it in the state, against an Athena of a few lines. */
import { dynamicProvider } from "./dynamic";
import { fakeAws } from "./fakeAws";
import type { Plan } from "./plan";
import { pick } from "./plan";

interface Provider {
  create(inputs: object): Promise<{ id: string; outs: object }>;
  update(id: string, olds: object, news: object): Promise<{ outs: object }>;
  delete(id: string, properties: object): Promise<void>;
  diff(id: string, olds: object, news: object): Promise<{ changes: boolean; replaces: string[] }>;
  read(id: string, properties: object): Promise<{ id: string; props?: { sql: string; written: object } }>;
}

interface Received {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

const inputs = {
  region: "eu-west-1",
  database: "lake",
  workgroup: "kpis",
  view: "planned_hours",
  sql: "-- Hours\nSELECT hours, nothing\nFROM shifts\n",
  origin: "queries/views/planned_hours.sql",
  standsOn: "1",
};

const ON_LOAD = "SELECT * FROM full WHERE load = '{{load}}' AND dt >= '{{day}}'";
/** As Athena formats it, on a load of the 24th. */
const onLoad = (load: string): string => `SELECT * FROM full WHERE ((load = '${load}') AND (dt >= '2026-11-23'))`;

const providerOf = (plan: Plan): Provider =>
  dynamicProvider(String(pick(plan, "Resource", "shifts").inputs["__provider"]));

export function viewTests(data: () => Plan): void {
  const received: Received[] = [];
  let answers: object[] = [];
  fakeAws((operation, input) => {
    received.push({ operation, input });
    return answers.shift() ?? {};
  });
  beforeEach(() => received.splice(0));

  /** As Glue shows a view that Athena has written down. */
  const standing = (originalSql: string) => {
    const view = Buffer.from(JSON.stringify({ originalSql })).toString("base64");
    return { Table: { Name: "planned_hours", ViewOriginalText: `/* Presto View: ${view} */` } };
  };
  const noView = { __type: "EntityNotFoundException", message: "no such view" };
  const started = { QueryExecutionId: "q" };
  const status = (State: string, StateChangeReason?: string) => ({
    QueryExecution: { Status: { State, StateChangeReason } },
  });

  test("is made, and waited for", async () => {
    answers = [started, status("RUNNING"), status("SUCCEEDED"), standing("SELECT")];
    expect(await providerOf(data()).create(inputs)).toEqual({
      id: "lake.planned_hours",
      outs: { ...inputs, written: { plain: expect.stringMatching(/^[0-9a-f]{64}$/) } },
    });
    expect(received.map(({ operation }) => operation)).toEqual([
      "StartQueryExecution",
      "GetQueryExecution",
      "GetQueryExecution",
      "GetTable",
    ]);
    expect(received[0]?.input).toMatchObject({
      QueryString: `CREATE OR REPLACE VIEW "planned_hours" AS\n${inputs.sql}`,
      WorkGroup: "kpis",
      QueryExecutionContext: { Database: "lake" },
    });
  });

  test("on a full load, keeps the one that is in force when it is made anew", async () => {
    const template = { ...inputs, onLoad: ON_LOAD };
    answers = [standing(onLoad("20261124T080000123Z")), started, status("SUCCEEDED"), standing("SELECT")];
    expect(await providerOf(data()).update("id", template, template)).toMatchObject({ outs: template });
    expect(received.map(({ operation }) => operation)).toEqual([
      "GetTable",
      "StartQueryExecution",
      "GetQueryExecution",
      "GetTable",
    ]);
    expect(received[0]?.input).toEqual({ DatabaseName: "lake", Name: "planned_hours" });
    expect(received[1]?.input["QueryString"]).toBe(
      `CREATE OR REPLACE VIEW "planned_hours" AS\nSELECT * FROM full WHERE load = '20261124T080000123Z' AND dt >= '2026-11-23'`,
    );
    received.splice(0);
    // Before any promotion, and before there is a view.
    answers = [noView, started, status("SUCCEEDED"), standing("SELECT")];
    await providerOf(data()).create(template);
    expect(received[1]?.input["QueryString"]).toBe(`CREATE OR REPLACE VIEW "planned_hours" AS\n${inputs.sql}`);
    const { diff } = providerOf(data());
    expect(await diff("id", template, { ...template, onLoad: "SELECT 1" })).toMatchObject({ changes: true });
  });

  test("refused while it runs, the message shows the place in the file", async () => {
    answers = [started, status("FAILED", "COLUMN_NOT_FOUND: line 3:15: Column 'nothing' cannot be resolved")];
    await expect(providerOf(data()).update("id", inputs, inputs)).rejects.toThrow(
      `queries/views/planned_hours.sql:2:15: Athena refused the view "planned_hours": COLUMN_NOT_FOUND: line 3:15: Column 'nothing' cannot be resolved
SELECT hours, nothing
              ^`,
    );
  });

  test("refused at once, too", async () => {
    answers = [{ __type: "InvalidRequestException", message: "line 2:1: mismatched input 'SELEKT'" }];
    await expect(providerOf(data()).create(inputs)).rejects.toThrow(
      "queries/views/planned_hours.sql:1:1: Athena refused",
    );
  });

  test("refused without a place, the message names the file", async () => {
    answers = [started, status("FAILED", "Insufficient permissions")];
    await expect(providerOf(data()).create(inputs)).rejects.toThrow(
      'queries/views/planned_hours.sql: Athena refused the view "planned_hours": Insufficient permissions',
    );
  });

  test("what is no fault of the SQL comes as it is", async () => {
    answers = [{ __type: "AccessDeniedException", message: "not yours" }];
    await expect(providerOf(data()).create(inputs)).rejects.toThrow(/^not yours$/);
  });

  test("is dropped", async () => {
    answers = [started, status("SUCCEEDED")];
    await providerOf(data()).delete("id", inputs);
    expect(received[0]?.input["QueryString"]).toBe('DROP VIEW IF EXISTS "planned_hours"');
    answers = [started, status("FAILED", "no")];
    await expect(providerOf(data()).delete("id", inputs)).rejects.toThrow('did not drop the view "planned_hours": no');
  });

  test("is made anew when its SQL changes or what it stands on, elsewhere when it is renamed", async () => {
    const { diff } = providerOf(data());
    expect(await diff("id", { ...inputs, __provider: "older" }, inputs)).toEqual({ changes: false, replaces: [] });
    for (const change of [{ sql: "SELECT 1" }, { standsOn: "2" }, { workgroup: "other" }])
      expect(await diff("id", inputs, { ...inputs, ...change })).toEqual({ changes: true, replaces: [] });
    for (const change of [{ view: "hours" }, { database: "other" }])
      expect(await diff("id", inputs, { ...inputs, ...change })).toEqual({
        changes: true,
        replaces: Object.keys(change),
      });
  });

  describe("when the stack is refreshed", () => {
    const make = async (properties: object, formatted: string): Promise<object> => {
      answers = [started, status("SUCCEEDED"), standing(formatted)];
      if ("onLoad" in properties) answers.unshift(noView);
      return (await providerOf(data()).create(properties)).outs;
    };
    const refresh = async (properties: object, found: object) => {
      answers = [found];
      return providerOf(data()).read("id", properties);
    };

    test("a view that stands as it was made is left alone", async () => {
      const made = await make(inputs, "SELECT hours");
      expect(await refresh(made, standing("SELECT hours"))).toEqual({ id: "id", props: made });
    });

    test("a view that was dropped is gone, and so made again", async () => {
      expect(await refresh(await make(inputs, "SELECT hours"), noView)).toEqual({ id: "" });
    });

    test("a view that was changed by hand is made anew", async () => {
      const made = await make(inputs, "SELECT hours");
      const { props } = await refresh(made, standing("SELECT minutes"));
      expect(props).toEqual({ ...made, sql: "SELECT minutes" });
      expect(await providerOf(data()).diff("id", props ?? {}, inputs)).toEqual({ changes: true, replaces: [] });
    });

    test("a promotion is no change by hand, what else is changed since the first is", async () => {
      const made = await make({ ...inputs, onLoad: ON_LOAD }, "SELECT hours");
      const first = await refresh(made, standing(onLoad("20261124T080000123Z")));
      expect(first.props?.sql).toBe(inputs.sql);
      const later = await refresh(first.props ?? {}, standing(onLoad("20261124T230000000Z")));
      expect(later).toEqual(first);
      const changed = `${onLoad("20261124T230000000Z")} LIMIT 10`;
      expect((await refresh(first.props ?? {}, standing(changed))).props?.sql).toBe(changed);
    });
  });
}
