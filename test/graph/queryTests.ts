/** Athena in the data stack: the workgroup, the views and the KPIs. */
import * as fs from "node:fs";
import * as path from "node:path";
import type { Plan } from "./plan";
import { pick } from "./plan";

const ROOT = path.join(__dirname, "../..");

const sqlFiles = (folder: string): string[] => {
  const absolute = path.join(ROOT, folder);
  return fs.existsSync(absolute) ? fs.readdirSync(absolute).filter((name) => name.endsWith(".sql")) : [];
};

export function queryTests(data: () => Plan): void {
  const one = (kind: string, name: string) => pick(data(), kind, name);

  test("the workgroup decides where results go, their key and what a query may read", () => {
    expect(one("Workgroup", "kpis").inputs).toEqual({
      name: "tributary",
      description: "The deployment and analysis on the lake",
      state: "ENABLED",
      forceDestroy: false,
      configuration: {
        enforceWorkgroupConfiguration: true,
        publishCloudwatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: 107_374_182_400,
        engineVersion: { selectedEngineVersion: "Athena engine version 3" },
        resultConfiguration: {
          outputLocation: "s3://results-1234567/engineers/",
          expectedBucketOwner: "222222222222",
          encryptionConfiguration: {
            encryptionOption: "SSE_KMS",
            kmsKeyArn: "arn:aws:kms:eu-west-1:222222222222:key/00000000-lake",
          },
        },
      },
    });
  });

  test("analysts have a workgroup of their own, with a folder of their own and a tighter limit", () => {
    expect(one("Workgroup", "analysts").inputs).toMatchObject({
      name: "tributary-analysts",
      configuration: {
        enforceWorkgroupConfiguration: true,
        bytesScannedCutoffPerQuery: 21_474_836_480,
        resultConfiguration: { outputLocation: "s3://results-1234567/analysts/" },
      },
    });
  });

  test("a view comes after the tables it reads", () => {
    const { inputs, dependencies } = one("Resource", "shifts");
    expect(inputs).toMatchObject({
      region: "eu-west-1",
      database: "tributary",
      workgroup: "tributary",
      view: "shifts",
      sql: expect.stringMatching(/^-- One row per planned shift;[^]*FROM "changes_shifts"\n\)/),
      onLoad: expect.stringMatching(
        /FROM "full_shifts"\n {2}WHERE "load" = '{{load}}'[^]*FROM "changes_shifts"\n {2}WHERE "dt" >= '{{day}}'/,
      ),
    });
    for (const table of ["changes_shifts", "full_shifts"])
      expect(dependencies).toContain(one("CatalogTable", table).urn);
  });

  test("every file of queries/ is a view or a named query", () => {
    const views = data().resources.filter(({ within }) => within.endsWith(":Views views"));
    expect(views.map(({ name }) => `${name}.sql`)).toEqual(expect.arrayContaining(sqlFiles("queries/views")));
    const kpis = data().resources.filter(({ within }) => within.endsWith(":Kpis kpis"));
    expect(kpis.map(({ name }) => `${name}.sql`).sort()).toEqual(sqlFiles("queries/kpis").sort());
    for (const { name, inputs } of kpis) {
      expect(inputs).toEqual({
        name,
        description: expect.stringMatching(/^.+: .+\?/),
        workgroup: "tributary-analysts",
        database: "tributary",
        query: fs.readFileSync(path.join(ROOT, "queries/kpis", `${name}.sql`), "utf8"),
      });
    }
  });
}
