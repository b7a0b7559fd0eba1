/**
 * Views as Athena keeps them in Glue: a comment with base64 of JSON that holds the query and the columns in Trino's types,
 * beside columns in Hive's types. https://docs.aws.amazon.com/athena/latest/ug/views.html
 */
import type { Name, TypeName } from "../sql/ast";
import { Cursor } from "../sql/cursor";
import { QueryError } from "../sql/errors";
import { parseType } from "../sql/expressions";
import { parseStatement } from "../sql/statements";
import { coerces, hiveName, typeName, typeOfName, type Type } from "../sql/types";
import type { GlueTable } from "../../../core/contracts";
import { coerce } from "./casts";
import { fieldsOf, translateQuery, type Translated } from "./queries";
import type { From } from "./relations";
import { CATALOG, type Session } from "./session";

const START = { line: 1, column: 1 };

export interface View {
  readonly originalSql: string;
  readonly catalog: string;
  readonly schema: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

const PREFIX = "/* Presto View: ";
const SUFFIX = " */";

export function readView(table: GlueTable): View {
  const text = table.ViewOriginalText ?? "";
  const path = `${CATALOG}.${table.DatabaseName}.${table.Name}`;
  if (!text.startsWith(PREFIX) || !text.endsWith(SUFFIX)) {
    throw new QueryError(
      "INVALID_VIEW",
      `View '${path}' was not made by Athena: its text does not begin with "${PREFIX.trim()}"`,
    );
  }
  const json = Buffer.from(text.slice(PREFIX.length, -SUFFIX.length), "base64").toString("utf8");
  const view: unknown = JSON.parse(json);
  if (!isView(view)) throw new QueryError("INVALID_VIEW", `View '${path}' lacks originalSql, schema or columns`);
  return view;
}

function isView(value: unknown): value is View {
  if (typeof value !== "object" || value === null) return false;
  return (
    "originalSql" in value &&
    typeof value.originalSql === "string" &&
    "schema" in value &&
    "columns" in value &&
    Array.isArray(value.columns)
  );
}

/** The table of the catalog that stands for a view. */
export function viewTable(
  place: { database: string; name: string; catalogId: string },
  sql: string,
  query: Translated,
): GlueTable {
  const columns = query.columns.map(({ name, type }, index) => {
    if (name === undefined) {
      throw new QueryError("MISSING_COLUMN_NAME", `Column name not specified at position ${index + 1}`, {
        line: 1,
        column: 1,
      });
    }
    if (type.kind === "unknown") {
      throw new QueryError("COLUMN_TYPE_UNKNOWN", `Column type is unknown at position ${index + 1}`, START);
    }
    return { name, type };
  });
  const repeated = columns.find(({ name }, index) => columns.findIndex((other) => other.name === name) !== index);
  if (repeated) {
    throw new QueryError("DUPLICATE_COLUMN_NAME", `Column name '${repeated.name}' specified more than once`, {
      line: 1,
      column: 1,
    });
  }
  const view: View = {
    originalSql: sql,
    catalog: CATALOG,
    schema: place.database,
    columns: columns.map(({ name, type }) => ({ name, type: typeName(type) })),
  };
  return {
    Name: place.name,
    DatabaseName: place.database,
    CatalogId: place.catalogId,
    TableType: "VIRTUAL_VIEW",
    Parameters: { presto_view: "true", comment: "Presto View" },
    StorageDescriptor: {
      Columns: columns.map(({ name, type }) => ({ Name: name, Type: hiveName(type) })),
      Location: "",
      SerdeInfo: {},
    },
    PartitionKeys: [],
    ViewOriginalText: PREFIX + Buffer.from(JSON.stringify(view)).toString("base64") + SUFFIX,
    ViewExpandedText: "/* Presto View */",
  };
}

/** A view as the query that it stands for, with the columns it was made with. */
export function expandView(table: GlueTable, session: Session, position: Name | undefined): From {
  const path = `${CATALOG}.${table.DatabaseName}.${table.Name}`;
  const view = readView(table);
  const stale = (why: string): QueryError =>
    new QueryError("VIEW_IS_STALE", `View '${path}' is stale or in invalid state: ${why}`, position);
  const inside = session.within(view.schema, path);
  if (!inside) throw stale("it stands on itself");
  try {
    const statement = parseStatement(view.originalSql);
    if (statement.kind !== "query") throw stale("its text is no query");
    const query = translateQuery(statement.query, { session: inside, commonTables: new Map() });
    if (query.columns.length !== view.columns.length) {
      throw stale(`it has ${view.columns.length} columns, its query ${query.columns.length}`);
    }
    const name = session.unique("q");
    const fields = fieldsOf(query, name, [CATALOG, table.DatabaseName, table.Name]).map((field, index) => {
      const column = view.columns[index];
      const wanted = column && typeOfText(column.type);
      if (!column || !wanted || field.name !== column.name.toLowerCase() || !fits(field.value.type, wanted)) {
        throw stale(
          `column [${field.name}] of type ${typeName(field.value.type)} projected from query view at position ${index} ` +
            `cannot be coerced to column [${column?.name}] of type ${column?.type} stored in view definition`,
        );
      }
      const { value } = field;
      return typeName(value.type) === typeName(wanted) ? field : { ...field, value: coerce(value, wanted) };
    });
    return { sql: `(${query.sql}) AS ${name}`, fields };
  } catch (error) {
    // A place in the view's own text would be taken for one in the statement.
    if (error instanceof QueryError && error.code !== "VIEW_IS_STALE" && error.code !== "NOT_SUPPORTED") {
      throw new QueryError("INVALID_VIEW", `Failed analyzing stored view '${path}': ${error.message}`, position);
    }
    throw error instanceof QueryError && error.code === "NOT_SUPPORTED"
      ? new QueryError("NOT_SUPPORTED", `${error.detail} (in the view '${path}'${placeOf(error)})`, position)
      : error;
  }
}

function placeOf(error: QueryError): string {
  return error.position ? `, line ${error.position.line}:${error.position.column}` : "";
}

function fits(from: Type, to: Type): boolean {
  return typeName(from) === typeName(to) || coerces(from, to);
}

function typeOfText(text: string): Type {
  const cursor = new Cursor(text);
  const name: TypeName = parseType(cursor);
  return typeOfName(name);
}
