/** The KPIs as named queries: one for each file of queries/kpis, for whoever works in Athena's console. */
import * as aws from "@pulumi/aws";
import * as pulumi from "@pulumi/pulumi";
import { parseKpi } from "../../model/kpi";
import type { SqlFile } from "../project";
import type { Athena } from "./athena";
import type { Catalog } from "./catalog";

export interface KpisArgs {
  /** Those of queries/kpis. */
  readonly files: readonly SqlFile[];
  readonly catalog: Catalog;
  readonly athena: Athena;
}

/** Athena's limit for a description. */
const DESCRIPTION = 1024;

export class Kpis extends pulumi.ComponentResource {
  /** Id of the named query, by the KPI's name. */
  readonly queries: Readonly<Record<string, pulumi.Output<string>>>;

  constructor(name: string, { files, catalog, athena }: KpisArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Kpis", name, {}, options);
    this.queries = Object.fromEntries(
      files.map(({ name: file, file: path, text }) => {
        const kpi = parseKpi(file, path, text);
        const query = new aws.athena.NamedQuery(
          kpi.name,
          {
            name: kpi.name,
            description: `${kpi.title}: ${kpi.question} (${kpi.unit} per ${kpi.grain}; ${kpi.owner})`.slice(
              0,
              DESCRIPTION,
            ),
            workgroup: athena.analysts.name,
            database: catalog.database.name,
            query: kpi.sql,
          },
          { parent: this },
        );
        return [kpi.name, query.id] as const;
      }),
    );
    this.registerOutputs({});
  }
}
