/** The views: the current state of every table, generated, and those of queries/views on top of them. */
import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { Table } from "../../model";
import type { SqlFile } from "../project";
import type { Athena } from "./athena";
import { AthenaView } from "./athenaView";
import type { Catalog } from "./catalog";
import { changeColumns, fullColumns, pseudonymColumns } from "./columns";
import { currentState, hasFullLoad, hasPseudonyms, onLoad, viewName } from "./currentState";
import type { ViewSource } from "./viewOrder";
import { inOrder } from "./viewOrder";

export interface ViewsArgs {
  readonly region: string;
  readonly tables: readonly Table[];
  /** The files of queries/views. */
  readonly written: readonly SqlFile[];
  readonly catalog: Catalog;
  readonly athena: Athena;
  /** The code that makes them anew, too: it must know them before. */
  readonly promotion: pulumi.Resource;
}

/** A view keeps the types of its columns: when those below change, it must be made anew although its SQL has not. */
const digest = (parts: readonly string[]): string =>
  createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, 16);

export class Views extends pulumi.ComponentResource {
  readonly names: readonly string[];

  constructor(name: string, args: ViewsArgs, options?: pulumi.ComponentResourceOptions) {
    super("tributary:data:Views", name, {}, options);
    const { region, catalog, athena } = args;
    const place = { region, database: catalog.database.name, workgroup: athena.workgroup.name };
    const made = new Map<string, { readonly view: AthenaView; readonly digest: string }>();
    const templates = new Map(args.tables.map((table) => [viewName(table), onLoad(table)]));
    for (const { name: view, sql, origin, readsViews, basis } of inOrder(viewSources(args.tables, args.written))) {
      const below = readsViews.flatMap((base) => made.get(base) ?? []);
      const template = templates.get(view);
      const standsOn = digest([basis, ...below.map((base) => base.digest)]);
      const resource = new AthenaView(
        view,
        { ...place, view, sql, ...(template === undefined ? {} : { onLoad: template }), origin, standsOn },
        { parent: this, dependsOn: [...catalog.all, args.promotion, ...below.map((base) => base.view)] },
      );
      made.set(view, { view: resource, digest: digest([sql, template ?? "", standsOn]) });
    }
    this.names = [...made.keys()];
    this.registerOutputs({});
  }
}

/** The current state of every table, and the SQL that is written on top. */
export const viewSources = (tables: readonly Table[], written: readonly SqlFile[]): ViewSource[] => [
  ...tables.map((table) => ({
    name: viewName(table),
    sql: currentState(table),
    origin: `the current state of "${table.name}" (infra/data/currentState.ts)`,
    basis: JSON.stringify([
      changeColumns(table),
      hasFullLoad(table) ? fullColumns(table) : [],
      hasPseudonyms(table) ? pseudonymColumns(table) : [],
    ]),
  })),
  ...written.map(({ name, text, file }) => ({ name, sql: text, origin: file, basis: "" })),
];
