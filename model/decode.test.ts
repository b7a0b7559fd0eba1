import { decodeDms } from "./decode";
import { decodeItem } from "./decodeItem";
import { logPosition } from "./change";
import { lakeTables, layoutsOf } from "./index";

const layouts = layoutsOf(lakeTables.map((table) => ({ table })));
const decode = (message: unknown): ReturnType<typeof decodeDms> =>
  decodeDms(typeof message === "string" ? message : JSON.stringify(message), "123", {
    layouts,
    source: "monolith",
    schema: "public",
  });

const data = {
  user_id: 7,
  starts_on: "2026-03-01",
  ends_on: "2026-03-02",
  kind: "sick_leave",
  approved: "t",
  comment: null,
};
const metadata = {
  timestamp: "2026-03-01T10:00:00.000001Z",
  "record-type": "data",
  operation: "update",
  "partition-key-type": "primary-key",
  "schema-name": "public",
  "table-name": "absences",
  "transaction-id": 1140,
  "transaction-record-id": 2,
  "commit-timestamp": "2026-03-01T09:59:59.5Z",
  "stream-position": "00000002/7C007328.2.00000002/7C007328",
};
const reasonOf = (message: unknown): string => {
  const decoded = decode(message);
  return decoded.kind === "unreadable" ? decoded.problem.reason : decoded.kind;
};

test("an update: composite key, position, unchanged large objects left alone", () => {
  expect(decode({ "before-image": {}, data, metadata })).toEqual({
    kind: "changes",
    changes: [
      {
        source: "monolith",
        table: "absences",
        key: '["7","2026-03-01"]',
        operation: "update",
        order: {
          sequence: "123".padStart(56, "0"),
          builtAt: "2026-03-01T10:00:00.000001Z",
          position: "000000027C007328.0000000002.000000027C007328.000000000002",
        },
        committedAt: "2026-03-01T09:59:59.500000Z",
        row: { user_id: "7", starts_on: "2026-03-01", ends_on: "2026-03-02", kind: "sick_leave", approved: "true" },
        unknown: {},
      },
    ],
  });
});

test("a change of the key is a delete of the old and an upsert of the new", () => {
  const decoded = decode({ "before-image": { starts_on: "2026-02-28" }, data, metadata });
  expect(decoded).toMatchObject({
    changes: [
      {
        operation: "delete",
        key: '["7","2026-02-28"]',
        movedTo: '["7","2026-03-01"]',
        row: { user_id: "7", starts_on: "2026-02-28" },
      },
      { operation: "update", key: '["7","2026-03-01"]', movedFrom: '["7","2026-02-28"]' },
    ],
  });
});

test("a load has no position; what it leaves out is null; a delete says nothing but the key", () => {
  const bare = {
    timestamp: metadata.timestamp,
    "record-type": "data",
    "schema-name": "public",
    "table-name": "absences",
  };
  expect(
    decode({ data: { user_id: 7, starts_on: "2026-03-01" }, metadata: { ...bare, operation: "load" } }),
  ).toMatchObject({
    changes: [{ operation: "load", row: { comment: null, kind: null }, committedAt: metadata.timestamp }],
  });
  expect(decode({ data: { ...data, kind: null }, metadata: { ...metadata, operation: "delete" } })).toMatchObject({
    changes: [{ operation: "delete", row: { user_id: "7", starts_on: "2026-03-01" } }],
  });
});

test("a column the model does not know is kept as JSON, unless an update may merely not have sent it", () => {
  const known = (extra: object): unknown => {
    const decoded = decode({ data: { ...data, ...extra }, metadata });
    return decoded.kind === "changes" ? decoded.changes[0]?.unknown : decoded;
  };
  expect(known({ bonus: 1.1, label: "x", __proto: null })).toEqual({ bonus: "1.1", label: '"x"' });
});

test("control records are kept, those of DMS itself ignored, pretty-printed messages read", () => {
  const control = { "record-type": "control", timestamp: metadata.timestamp, "schema-name": "public" };
  expect(decode({ metadata: { ...control, operation: "add-column", "table-name": "users" } })).toEqual({
    kind: "control",
    operation: "add-column",
    table: "users",
  });
  expect(
    reasonOf({ metadata: { ...control, operation: "create-table", "table-name": "awsdms_apply_exceptions" } }),
  ).toBe("ignored");
  expect(reasonOf(JSON.stringify({ data, metadata }, null, 2))).toBe("changes");
});

test.each([
  ["not-json", '{"data":{"user_id":7'],
  ["not-dms", { hello: 1 }],
  ["not-dms", "[]"],
  ["not-dms", { data, metadata: { ...metadata, "record-type": "other" } }],
  ["not-dms", { metadata }],
  ["unknown-operation", { data, metadata: { ...metadata, operation: "truncate" } }],
  ["unknown-table", { data, metadata: { ...metadata, "table-name": "secrets" } }],
  ["unknown-table", { data, metadata: { ...metadata, "schema-name": "other" } }],
  ["unknown-table", { data, metadata: { ...metadata, "table-name": "toString" } }],
  ["no-key", { data: { ...data, user_id: null }, metadata }],
  ["no-position", { data, metadata: { ...metadata, "stream-position": undefined } }],
  ["no-position", { data, metadata: { ...metadata, "transaction-record-id": undefined } }],
  ["bad-value", { data: { ...data, approved: "maybe" }, metadata }],
])("%s", (reason, message) => {
  expect(reasonOf(message)).toBe(reason);
});

test("positions compare as text", () => {
  const at = (position: string, record: string): string => logPosition(position, record) ?? "";
  const first = "00000002/7C007328.2.00000002/7C007328";
  expect(at(first, "9") < at(first, "10")).toBe(true);
  expect(at("2/FFFFFFFF.1.2/0", "1") < at("00000003/00000000.1.00000003/0", "1")).toBe(true);
  expect(at("2/7C007328.9.2/7C007328", "1") < at("2/7c007328.10.2/7C007328", "1")).toBe(true);
  expect(logPosition("2/7C007328", "1")).toBeUndefined();
});

describe("a service's own table", () => {
  const record = {
    eventName: "INSERT",
    tableName: "clocking-punches",
    dynamodb: {
      ApproximateCreationDateTime: 1772359200123456,
      ApproximateCreationDateTimePrecision: "MICROSECOND",
      Keys: { id: { S: "a" } },
      NewImage: {
        id: { S: "a" },
        shop_id: { N: "9007199254740993" },
        user_id: { N: "1" },
        punched_at: { S: "2026-03-01T10:00:00.5Z" },
        direction: { S: "in" },
        mood: { S: "fine" },
      },
    },
  };
  const tables = { "clocking-punches": "clocking.punches" };
  test("its image is the whole item, ordered by its time", () => {
    expect(decodeItem(JSON.stringify(record), layouts, tables)).toEqual({
      kind: "changes",
      changes: [
        {
          source: "clocking",
          table: "punches",
          key: "a",
          operation: "insert",
          order: { sequence: "00001772359200123456" },
          committedAt: "2026-03-01T10:00:00.123456Z",
          row: {
            id: "a",
            shop_id: "9007199254740993",
            user_id: "1",
            shift_id: null,
            direction: "in",
            punched_at: "2026-03-01T10:00:00.500000Z",
          },
          unknown: { mood: '"fine"' },
        },
      ],
    });
  });
  test.each([
    ["not-json", "{"],
    ["not-dms", "{}"],
    ["unknown-table", JSON.stringify({ ...record, tableName: "other" })],
    ["unknown-operation", JSON.stringify({ ...record, eventName: "DROP" })],
    [
      "bad-value",
      JSON.stringify({
        ...record,
        dynamodb: { ...record.dynamodb, NewImage: { id: { S: "a" }, shop_id: { SS: ["1"] } } },
      }),
    ],
  ])("%s", (reason, text) => {
    expect(decodeItem(text, layouts, tables)).toMatchObject({ problem: { reason } });
  });
});

test("to a reader of some tables the others are no mistake", () => {
  const other = JSON.stringify({ data, metadata: { ...metadata, "table-name": "secrets" } });
  const options = { layouts, source: "monolith", schema: "public", ignoresOthers: true } as const;
  expect(decodeDms(other, "1", options)).toEqual({ kind: "ignored" });
});
