/** The production stack of a company with one table, whose numbers have no bounds. */
import { integer, numeric, pgTable } from "drizzle-orm/pg-core";
import { prodConfig } from "../../infra/config";
import { prod } from "../../infra/prod";
import { describeTable } from "../../model/table";

const readings = pgTable("readings", { id: integer().primaryKey(), value: numeric() });

export = (): object =>
  prod(prodConfig(), {
    tables: [describeTable("monolith", readings, { comment: "One row per reading" })],
    services: [],
  });
