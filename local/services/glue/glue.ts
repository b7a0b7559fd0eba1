/**
 * Glue's Data Catalog in memory: databases, tables and views. Partitions are projected, never registered.
 * README.md beside this file says what is imitated and what is not.
 * https://docs.aws.amazon.com/glue/latest/webapi/WebAPI_Welcome.html
 */
import type { Catalog } from "../../core/contracts";
import type { LocalService, Surroundings } from "../../core/service";
import { glueOperations } from "./api";
import { GlueCatalog, sharedCatalog } from "./catalog";
import { databaseProvider, tableProvider } from "./providers";

export function glueService({ authorizer }: Surroundings): LocalService & Catalog {
  const catalog = new GlueCatalog();
  return {
    apis: [
      {
        protocol: "json",
        signingName: "glue",
        targetPrefix: "AWSGlue",
        jsonVersion: "1.1",
        operations: glueOperations(catalog),
      },
    ],
    providers: {
      "aws:glue/catalogDatabase:CatalogDatabase": databaseProvider(catalog),
      "aws:glue/catalogTable:CatalogTable": tableProvider(catalog),
    },
    ...sharedCatalog(catalog, authorizer),
  };
}
