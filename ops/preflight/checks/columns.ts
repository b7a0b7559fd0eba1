/** The columns of a table against the model's. */
import { escapeIdentifier } from "pg";
import type { Column, Table } from "../../../model";
import { formOf, isLob } from "../../../model";
import { enumerate, quotedTable, tableKey, type Finding, type Level } from "../finding";
import { modelType, type CatalogColumn, type CatalogTable, type ReadType } from "../source";

/** DMS guide, "Limitations on using a PostgreSQL database as a DMS source". */
const NOT_MIGRATED: Readonly<Record<string, string>> = {
  oid: "large objects by oid are not migrated",
  lo: "large objects by oid are not migrated",
  geometry: "PostGIS types go to another PostgreSQL only",
  geography: "PostGIS types go to another PostgreSQL only",
};

/** Each may stand in for the ones before it. */
const WIDTHS: readonly (readonly string[])[] = [
  ["smallint", "integer", "bigint"],
  ["real", "double precision"],
];

const typeText = ({ type, precision, scale }: ReadType): string =>
  precision === undefined ? type : `${type}(${precision},${scale ?? 0})`;

interface Difference {
  readonly level: Level;
  readonly consequence: string;
}

const harmless = (consequence: string): Difference => ({ level: "note", consequence });
const wrong = (consequence: string): Difference => ({ level: "error", consequence });

function widthDifference(database: string, model: string): Difference | undefined {
  const family = WIDTHS.find((types) => types.includes(database) && types.includes(model));
  if (family === undefined) return undefined;
  return family.indexOf(database) < family.indexOf(model)
    ? harmless("the model's is wider, which does no harm")
    : wrong("values beyond the model's type overflow or lose digits in the lake");
}

function numericDifference(database: ReadType, model: Column): Difference | undefined {
  const { precision: p = 0, scale: s = 0 } = database;
  const { precision = 0, scale = 0 } = model;
  if (p === precision && s === scale) return undefined;
  return p - s <= precision - scale && s <= scale
    ? harmless("the model's is wider, which does no harm to changes; a full load has the database's")
    : wrong("values that the model's type cannot hold fail in the lake's views");
}

/** What comes of a column whose type is not the model's; undefined if it is. */
function difference(database: ReadType, model: Column): Difference | undefined {
  if (database.type === "numeric" && model.type === "numeric") {
    const [left, right] = [formOf(database), formOf(model)];
    if (left !== right) return wrong(`it travels as ${left}, and the lake expects ${right}`);
    return left === "decimal" ? numericDifference(database, model) : undefined;
  }
  if (database.type === model.type) return undefined;
  const width = widthDifference(database.type, model.type);
  if (width !== undefined) return width;
  if (formOf(database) !== formOf(model)) {
    return wrong(`values come as ${formOf(database)}, are read as ${formOf(model)}, and parked where they are none`);
  }
  if (isLob(database.type) && !isLob(model.type)) {
    return wrong("a large value that an update left alone arrives as null, and would replace the value in every store");
  }
  if (!isLob(database.type) && isLob(model.type)) {
    return { level: "warning", consequence: "an update that sets it to null is taken for one that left it alone" };
  }
  return harmless("both travel as the same text");
}

function typeOf(table: CatalogTable, model: Column, column: CatalogColumn): Finding[] {
  const at = { table: tableKey(table), columns: [column.name] };
  const read = modelType(column);
  if (read === undefined) {
    return [
      {
        ...at,
        check: "type-differs",
        level: "error",
        what:
          `${column.name} is ${typeText(model)} in the model and ${column.type} in the database, ` +
          "which model/types.ts does not know: how its values come is not said, and they may be parked as unreadable.",
        fix: "Leave the column out of the model (its values wait in raw), or give it a type that the model knows.",
      },
    ];
  }
  if (read.type === "numeric" && read.precision === undefined && model.type === "numeric") {
    return unconstrained(table, model, column);
  }
  const found = difference(read, model);
  if (found === undefined) return [];
  return [
    {
      ...at,
      check: "type-differs",
      level: found.level,
      what:
        `${column.name} is ${typeText(model)} in the model and ${typeText(read)} in the database` +
        `${column.typeKind === "d" ? ` (domain ${column.type})` : ""}: ${found.consequence}.`,
      fix: "Make model/monolith.ts agree with the database.",
    },
  ];
}

function unconstrained(table: CatalogTable, model: Column, column: CatalogColumn): Finding[] {
  const known = model.precision === undefined;
  const name = escapeIdentifier(column.name);
  return [
    {
      check: "numeric-unconstrained",
      level: known ? "note" : "error",
      table: tableKey(table),
      columns: [column.name],
      what: known
        ? `${column.name} is numeric without precision. DMS would cut it after 6 digits; the source endpoint has ` +
          "mapUnboundedNumericAsString, so it travels and rests as text, which a query has to cast."
        : `${column.name} is numeric without precision, in the model ${typeText(model)}: DMS makes NUMERIC(28,6) of it ` +
          "and cuts every digit after the sixth.",
      fix: known
        ? "Nothing, or give it a precision."
        : "Give it the model's precision, which checks every row under an exclusive lock, or write numeric() without " +
          "precision in model/monolith.ts: then it travels as text.",
      ...(known ? {} : { sql: `ALTER TABLE ${quotedTable(table)} ALTER ${name} TYPE ${typeText(model)};` }),
    },
  ];
}

function generatedColumn(table: CatalogTable, column: CatalogColumn): Finding[] {
  if (column.generated === "") return [];
  const isVirtual = column.generated === "v";
  return [
    {
      check: "generated",
      level: isVirtual ? "error" : "note",
      table: tableKey(table),
      columns: [column.name],
      what: isVirtual
        ? `${column.name} is generated when it is read, and the log has null for it: only loads would have its value.`
        : `${column.name} is generated and stored. The log has its value, but the DMS guide does not speak of it.`,
      fix: isVirtual
        ? "Leave it out of the model, and compute it in a view of the lake or in the service."
        : "Look at its values after the first changes, or compute it in a view of the lake.",
    },
  ];
}

function nullability(table: CatalogTable, model: Column, column: CatalogColumn): Finding[] {
  if (model.nullable === column.nullable) return [];
  return [
    {
      check: "nullable-differs",
      level: column.nullable ? "warning" : "note",
      table: tableKey(table),
      columns: [column.name],
      what: column.nullable
        ? `${column.name} may be null in the database and never is in the model: who relies on the model meets nulls.`
        : `${column.name} is never null in the database, and may be in the model, which does no harm.`,
      fix: `Make model/monolith.ts agree: ${column.nullable ? "without" : "with"} .notNull().`,
    },
  ];
}

/** A column that the database has and the model has not. */
function unknownColumn(table: CatalogTable, column: CatalogColumn): Finding {
  const at = { table: tableKey(table), columns: [column.name] };
  const notMigrated = NOT_MIGRATED[column.typeName];
  if (notMigrated !== undefined) {
    return {
      ...at,
      check: "type-unsupported",
      level: "warning",
      what: `${column.name} is ${column.type}: ${notMigrated}, so nothing of it arrives.`,
      fix: "Nothing, if nobody needs it. Otherwise keep what is needed of it in a column of a plain type.",
    };
  }
  if (modelType(column) === undefined) {
    return {
      ...at,
      check: "type-unsupported",
      level: "warning",
      what:
        `${column.name} is ${column.type}, which is not in model/types.ts: the model cannot describe it. ` +
        "What DMS sends of it waits in raw (as _rest:<column>), and no service gets it.",
      fix: "Nothing, if nobody needs it. Otherwise give it a type that the model knows, or add the type to the model.",
    };
  }
  return {
    ...at,
    check: "column-unknown",
    level: "warning",
    what:
      `The model does not know ${column.name} (${column.type}): its values wait in raw (as _rest:<column>), no service gets ` +
      "them, and nobody has decided whether they are private.",
    fix: "Describe it in model/monolith.ts, and in model/tables.ts if it is private.",
  };
}

/** Names that the model reserves have their own finding. */
const isReserved = (name: string): boolean => name.startsWith("_");

/** Text without a bound is a short string to DMS if it is called varchar. */
function unboundedStrings({ columns, ...table }: CatalogTable): Finding[] {
  const names = columns.filter(({ type }) => type === "character varying").map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    {
      check: "varchar-unconstrained",
      level: "note",
      table: tableKey(table),
      columns: names,
      what:
        `${enumerate(names)}: varchar without length, of which the DMS guide says that it "partially migrates". ` +
        "DMS takes it for a string of bounded length, and where it cuts is not said.",
      fix: "Look at the longest values after the first load, or give the columns a length.",
    },
  ];
}

export function columns(table: CatalogTable, model: Table): Finding[] {
  const described = new Map(model.columns.map((column) => [column.name, column]));
  const present = new Set(table.columns.map(({ name }) => name));
  return [
    ...model.columns
      .filter(({ name }) => !present.has(name))
      .map((column): Finding => ({
        check: "column-missing",
        level: "error",
        table: tableKey(table),
        columns: [column.name],
        what: `The model has ${column.name} (${typeText(column)}), the database has not: it is null for ever, in every store.`,
        fix: "Take it out of model/monolith.ts, or create it. A renamed column is another column.",
      })),
    ...table.columns.flatMap((column) => {
      const known = described.get(column.name);
      if (known === undefined) return isReserved(column.name) ? [] : [unknownColumn(table, column)];
      return [...typeOf(table, known, column), ...generatedColumn(table, column), ...nullability(table, known, column)];
    }),
    ...unboundedStrings(table),
  ];
}
