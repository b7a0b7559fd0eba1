/** Tables that are wrong in one way each, and what the model says of them. */
import type { Column, PgType, Table } from "../../model";

interface Bad {
  readonly sql: string;
  readonly model: Table;
  /** `<level> <check> <columns>`; nothing else may be found of it. */
  readonly found: readonly string[];
}

const column = (name: string, type: PgType, more: Partial<Column> = {}): Column => ({
  name,
  type,
  nullable: false,
  privacy: "open",
  comment: "",
  ...more,
});

const id = column("id", "bigint");

const described = (name: string, columns: readonly Column[] = [], more: Partial<Table> = {}): Table => ({
  source: "monolith",
  schema: "public",
  name,
  key: ["id"],
  columns: [id, ...columns],
  comment: "",
  replicaIdentityFull: false,
  ...more,
});

/** A table with a key and `rest`, in SQL and in the model. */
const bad = (
  name: string,
  rest: string,
  columns: readonly Column[],
  found: readonly string[],
  { after = "", ...more }: Partial<Table> & { readonly after?: string } = {},
): Bad => ({
  sql: `create table ${name} (id bigint primary key${rest === "" ? "" : `, ${rest}`}); ${after};`,
  model: described(name, columns, more),
  found,
});

const note = column("note", "text");
const nullableNote = column("note", "text", { nullable: true });

export const badTables: readonly Bad[] = [
  { sql: "", model: described("gone"), found: ["error table-missing"] },
  { sql: "create temporary table passing (id bigint);", model: described("passing"), found: ["error temporary"] },
  {
    sql: "create view looking as select 1::bigint as id;",
    model: described("looking"),
    found: ["error not-a-table", "warning nullable-differs id"],
  },
  bad("unlogged", "", [], ["error unlogged"], { after: "alter table unlogged set unlogged" }),
  {
    sql: "create table parts (id bigint primary key) partition by range (id); create table part partition of parts for values from (0) to (9);",
    model: described("parts"),
    found: ["error partitioned"],
  },
  { sql: "", model: described("part"), found: ["warning partition"] },
  bad("parent", "", [], ["error inherited"], { after: "create table child () inherits (parent)" }),
  { sql: "create table keyless (id bigint not null);", model: described("keyless"), found: ["error no-primary-key"] },
  bad("keyed", "part integer not null", [column("part", "integer")], ["error key-differs id"], { key: ["id", "part"] }),
  {
    sql: "create table named (name text primary key);",
    model: { ...described("named"), key: ["name"], columns: [column("name", "text")] },
    found: ["error key-large-object name"],
  },
  {
    sql: "create table late (id bigint primary key deferrable);",
    model: described("late"),
    found: ["error key-deferrable id"],
  },
  bad("silent", "", [], ["error replica-identity"], { after: "alter table silent replica identity nothing" }),
  bad("indexed", "place integer not null unique", [column("place", "integer")], ["error replica-identity"], {
    after: "alter table indexed replica identity using index indexed_place_key",
  }),
  bad("not_full", "note text not null", [note], ["error replica-identity-model note"], { replicaIdentityFull: true }),
  bad("full_unsaid", "note text not null", [note], ["warning replica-identity-model note"], {
    after: "alter table full_unsaid replica identity full",
  }),
  bad("nulls", "note text", [nullableNote], ["warning null-not-seen note"]),
  bad("emptied", "", [], ["warning truncate"], { after: "grant truncate on emptied to public" }),
  bad("owned", "", [], [], { after: "create role owner login; alter table owned owner to owner" }),
  bad(
    "deferring",
    "other bigint not null references nulls deferrable, place integer not null, unique (place) deferrable",
    [column("other", "bigint"), column("place", "integer")],
    ["warning deferrable", "warning deferrable"],
  ),
  bad("coalesced", "place integer not null", [column("place", "integer")], ["error coalesce-index"], {
    after: "create unique index on coalesced (coalesce(place, 0))",
  }),
  bad(
    "twin",
    `size integer not null, "Size" integer not null`,
    [column("size", "integer"), column("Size", "integer")],
    ["error name-case", "error name-case size Size"],
    {
      after: `create table "Twin" ()`,
    },
  ),
  bad("awsdms_mine", "", [], ["error name-reserved"]),
  bad("_hidden", "_op text", [], ["warning name-reserved", "warning name-reserved _op"]),
  bad("fewer", "", [column("size", "integer")], ["error column-missing size"]),
  bad("more", "size integer", [], ["warning column-unknown size"]),
  bad("retyped", "size text not null", [column("size", "integer")], ["error type-differs size"]),
  bad("wide", "size integer not null", [column("size", "bigint")], ["note type-differs size"]),
  bad(
    "odd",
    "blob oid, spans tsmultirange, price money",
    [],
    ["warning type-unsupported blob", "warning type-unsupported spans", "warning type-unsupported price"],
  ),
  {
    sql: "create type pair as (left_one int, right_one int); create table paired (id bigint primary key, halves pair);",
    model: described("paired"),
    found: ["warning type-unsupported halves"],
  },
  bad("nullable", "size integer", [column("size", "integer")], ["warning nullable-differs size"]),
  bad(
    "free",
    "price numeric not null",
    [column("price", "numeric", { precision: 8, scale: 2 })],
    ["error numeric-unconstrained price"],
  ),
  bad("free_known", "price numeric not null", [column("price", "numeric")], ["note numeric-unconstrained price"]),
  bad(
    "long_names",
    "name varchar not null",
    [column("name", "character varying")],
    ["note varchar-unconstrained name"],
  ),
  bad(
    "twice",
    "double bigint generated always as (id * 2) stored not null",
    [column("double", "bigint")],
    ["note generated double"],
  ),
  bad(
    "virtual",
    "double bigint generated always as (id * 2) virtual not null",
    [column("double", "bigint")],
    ["error generated double"],
  ),
  bad(
    "large",
    "story text not null, page jsonb not null, image bytea not null, face text not null, fitting text not null, close text not null",
    [
      column("story", "text"),
      column("page", "jsonb"),
      column("image", "bytea"),
      column("face", "text"),
      column("fitting", "text"),
      column("close", "text"),
    ],
    [
      "error large-object story",
      "error large-object page",
      "error large-object image",
      "error large-object face",
      "warning large-object close",
    ],
    {
      // 512 KB are 262,144 characters, or half as many where there are some beyond the 16-bit ones.
      after: `insert into large select 1, repeat('x', 262145), to_json(repeat('x', 262145)), decode(repeat('00', 524289), 'hex'),
        repeat('😀', 131073), repeat('x', 196608), repeat('x', 262144)`,
    },
  ),
  bad(
    "endless",
    "starts date not null, ends timestamptz not null",
    [column("starts", "date"), column("ends", "timestamp with time zone")],
    ["warning infinity ends"],
    { after: "insert into endless values (1, now(), 'infinity')" },
  ),
  bad("long", "number bigint not null", [column("number", "bigint")], ["error long-integer number"], {
    after: "insert into long values (1, 999999999999999999), (2, -1000000000000000000)",
  }),
];
