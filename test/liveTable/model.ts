/** The model with some of its tables only, as it stands before or after an edit of model/. */
import * as whole from "../../model";

export type Model = Pick<typeof whole, "services" | "tables">;

/** The tables of these names, and of the services what they follow of them. Nobody owns a table here. */
export function modelOf(names: readonly string[]): Model {
  const services = whole.services.filter(({ name }) => name !== "clocking");
  return {
    tables: whole.tables.filter(({ name }) => names.includes(name)),
    services: services.map((service) => ({
      ...service,
      follows: service.follows.filter(({ table }) => names.includes(table)),
      owns: [],
    })),
  };
}
