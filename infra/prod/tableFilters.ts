/** Which records of the stream a service is invoked for. */
import * as pulumi from "@pulumi/pulumi";
import type { Service } from "../../model";
import { SCHEMA } from "../contract";

/** Lambda guide, "Filter rule syntax". */
const FILTER_LENGTH = 4096;
const FILTERS = 5;

/**
 * So that the function is not even invoked for the rest. Control records are capture's to keep.
 * @throws RunError if the service follows more tables than a mapping's filters can name
 */
export function tableFilters({ name, follows }: Pick<Service, "name" | "follows">): object[] {
  const filter = (tables: readonly string[]): object => ({
    data: { metadata: { "record-type": ["data"], "schema-name": [SCHEMA], "table-name": tables } },
  });
  const chunks: string[][] = [[]];
  for (const { table } of follows) {
    const last = chunks.at(-1) ?? [];
    if (JSON.stringify(filter([...last, table])).length <= FILTER_LENGTH) last.push(table);
    else chunks.push([table]);
  }
  if (chunks.length > FILTERS)
    throw new pulumi.RunError(
      `The service ${name} follows ${follows.length} tables, more than Lambda's filters can name (${FILTERS} of ${FILTER_LENGTH} ` +
        "characters): make it two services.",
    );
  return chunks.map(filter);
}
