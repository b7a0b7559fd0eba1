/**
 * Athena: Trino's SQL over the Parquet files of the lake, answered by DuckDB. What it answers and what it refuses, with the
 * sources, stands in README.md beside this file. https://docs.aws.amazon.com/athena/latest/ug/what-is.html
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Catalog, ObjectStore } from "../../core/contracts";
import type { LocalService, Surroundings } from "../../core/service";
import { Executions } from "./api/executions";
import { namedQueryProvider, NamedQueries } from "./api/namedQueries";
import { athenaOperations } from "./api/operations";
import { workgroupProvider, Workgroups } from "./api/workgroups";
import { Engine } from "./run/engine";
import { Footers } from "./tables/parquet";

export interface AthenaStatistics {
  /** Since the start. */
  readonly queries: number;
  readonly failed: number;
  readonly running: number;
  /** As Athena counts them; see `readScan`. */
  readonly bytesScanned: number;
  /** As it bills them; see `billedBytes`. */
  readonly bytesBilled: number;
}

export function athenaService(
  { folder: home, authorizer }: Surroundings,
  { objects, catalog }: { readonly objects: ObjectStore; readonly catalog: Catalog },
): LocalService & { statistics(): AthenaStatistics } {
  const folder = join(home, "athena");
  mkdirSync(folder, { recursive: true });
  const engine = new Engine(folder);
  const workgroups = new Workgroups();
  const namedQueries = new NamedQueries(workgroups);
  const executions = new Executions({ engine, authorizer, footers: new Footers(), objects, catalog, folder });
  const isEmpty = (scope: { account: string; region: string }, name: string): boolean =>
    namedQueries.in(scope, name).length === 0;
  return {
    apis: [
      {
        protocol: "json",
        signingName: "athena",
        targetPrefix: "AmazonAthena",
        jsonVersion: "1.1",
        operations: athenaOperations({ executions, workgroups, namedQueries, objects }),
      },
    ],
    providers: {
      "aws:athena/workgroup:Workgroup": workgroupProvider(workgroups, isEmpty),
      "aws:athena/namedQuery:NamedQuery": namedQueryProvider(namedQueries),
    },
    statistics: () => executions.statistics(),
    async close() {
      await executions.close();
      await engine.close();
    },
  };
}
