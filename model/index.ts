/** The model: what is replicated, to whom, and in which form. Checked once, when it is loaded. */
import { checkServices, services } from "./services";
import { heartbeatOf } from "./table";
import { tables } from "./tables";

checkServices(services, tables);
heartbeatOf(tables);

export { services, tables };
export type { Follow, Service } from "./services";
export { heartbeatOf, MONOLITH, ModelError } from "./table";
export type { Table } from "./table";
export { layoutsOf, tableId } from "./layout";
export type { Layouts, TableLayout } from "./layout";
export { formOf, isLob, types } from "./types";
export type { Column, Form, PgType, Privacy } from "./types";

/** Every table that goes to the lake: the monolith's and the services' own. */
export const lakeTables = [...tables, ...services.flatMap((service) => service.owns)];
