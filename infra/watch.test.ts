import * as pulumi from "@pulumi/pulumi";
import { dashboardBody } from "./dashboard";
import { anchorsOf, runbookEntry } from "./runbook";

test("an alarm without an entry in the runbook is none", () => {
  expect(runbookEntry("payroll-errors", "function-fails")).toBe("docs/runbook.md#function-fails");
  expect(() => runbookEntry("payroll-errors", "function-succeeds")).toThrow(
    'The alarm "payroll-errors" has no entry in docs/runbook.md: expected a heading ### with the anchor "function-succeeds".',
  );
});

test("anchors are those that GitHub gives to entries", () => {
  expect(anchorsOf("# Runbook\n\n## Account\n\n### Monolith's log grows\n\n### A: b (c)\n\n#### Not one\n")).toEqual([
    "monoliths-log-grows",
    "a-b-c",
  ]);
});

test("a dashboard has a heading a row, panels four side by side, and limits as lines", async () => {
  const metric = { namespace: "AWS/Lambda", name: "Errors", dimensions: { FunctionName: pulumi.output("payroll") } };
  const panel = (row: string, title: string) => ({
    ...{ row, title, limits: title === "1" ? [5] : [] },
    metrics: [{ ...metric, statistic: "Sum" as const, period: 60 }],
  });
  const panels = [panel("A", "1"), panel("B", "6"), ...["2", "3", "4", "5"].map((title) => panel("A", title))];
  const body = await new Promise<string>((resolve) => dashboardBody(panels, "eu-west-1").apply(resolve));
  const { widgets } = JSON.parse(body) as { widgets: { x: number; y: number; properties: Record<string, unknown> }[] };
  expect(widgets.map(({ x, y, properties }) => [x, y, properties["markdown"] ?? properties["title"]])).toEqual([
    [0, 0, "## A"],
    [0, 1, "1"],
    [6, 1, "2"],
    [12, 1, "3"],
    [18, 1, "4"],
    [0, 7, "5"],
    [0, 13, "## B"],
    [0, 14, "6"],
  ]);
  expect(widgets[1]?.properties).toMatchObject({
    metrics: [["AWS/Lambda", "Errors", "FunctionName", "payroll", { stat: "Sum", period: 60 }]],
    annotations: { horizontal: [{ value: 5, label: "alarm" }] },
  });
});
