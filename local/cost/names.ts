/** Which resource of the program, and which table of the model, something in the cloud belongs to. */
import { deliveryStream, ownTable } from "../../infra/contract";
import { lakeTables, MONOLITH, tableId } from "../../model";
import type { StackState } from "../cloud";

const isTable = (id: string): boolean => lakeTables.some((table) => tableId(table) === id);

type Resource = Pick<StackState["resources"][number], "type" | "name" | "outputs">;

export class Names {
  private readonly byPhysical = new Map<string, string>();
  private readonly hours = new Map<string, number>();

  constructor(stacks: readonly { readonly resources: readonly Resource[] }[]) {
    for (const { name, outputs, type } of stacks.flatMap(({ resources }) => resources)) {
      for (const physical of [outputs["arn"], outputs["bucket"]]) {
        // Others bear a bucket's name as well: its policy, its encryption.
        if (typeof physical === "string" && !this.byPhysical.has(physical)) this.byPhysical.set(physical, name);
      }
      const hours = outputs["retentionPeriod"];
      if (type === "aws:kinesis/stream:Stream" && typeof hours === "number")
        this.hours.set(String(outputs["arn"]), hours);
    }
  }

  /** The name in the program of what has this ARN, or of a bucket. */
  of(physical: string): string {
    return this.byPhysical.get(physical) ?? physical;
  }

  /** For which a stream keeps its records; AWS keeps them for a day if nobody says so. */
  retentionHours(streamArn: string): number {
    return this.hours.get(streamArn) ?? 24;
  }
}

/** The monolith's table of a name; undefined if the model has none. */
export const tableOfMonolith = (name: string): string | undefined => {
  const id = `${MONOLITH}.${name}`;
  return isTable(id) ? id : undefined;
};

/**
 * Of items in a DynamoDB table, by its name in the program and by what stands before the # of their keys: raw has ids of
 * tables there, a projection their names, and a service's own table nothing.
 */
export const tableOfItems = (dynamodbTable: string, kind: string): string | undefined =>
  [dynamodbTable, kind].find(isTable) ?? tableOfMonolith(kind);

/** Of a service's own DynamoDB table, by its name in DynamoDB. */
export const tableOfOwn = (dynamodbName: string): string | undefined => {
  const found = lakeTables.find((table) => ownTable(table) === dynamodbName);
  return found && tableId(found);
};

export const tableOfDelivery = (stream: string): string | undefined => {
  const found = lakeTables.find(({ name }) => deliveryStream(name) === stream);
  return found && tableId(found);
};

/** Of a folder in a bucket: the lake has its tables below folders of its own. */
export const tableOfFolder = (folder: string): string | undefined => {
  const [, ...below] = folder.split("/");
  const found = lakeTables.find(({ name }) => below.includes(name));
  return found && tableId(found);
};
