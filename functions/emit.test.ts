import { emission, emissionMark } from "./emit";
import { versionOf } from "./row";

test("a row that is emitted again is above itself, below the next change, and above itself when emitted once more", () => {
  const order = { _sequence: { S: "0001" }, _position: { S: "0005" } };
  const [first = "", second = ""] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 10, 24)].map(emissionMark);
  const versions = [
    versionOf(order),
    versionOf({ ...order, _emitted: { S: first } }),
    versionOf({ ...order, _emitted: { S: second } }),
    versionOf({ ...order, _forwarded: { S: "0004" }, _emitted: { S: first } }),
    versionOf({ ...order, _sequence: { S: "0002" }, _emitted: { S: first } }),
  ];
  expect([...versions].sort()).toEqual(versions);
  expect(new Set(versions).size).toBe(versions.length);
});

test("rows from before there was a mark compare with those that have one", () => {
  const order = { _sequence: { S: "0001" }, _position: { S: "0005" } };
  expect("0001/0005/" < versionOf(order) && "0001/0005/" < versionOf({ ...order, _emitted: { S: "2026" } })).toBe(true);
});

test("the request marks an item that is there and has no such mark", () => {
  const input = emission("raw", "monolith.users#7", emissionMark(0));
  expect(input).toMatchObject({
    Key: { _key: { S: "monolith.users#7" } },
    ExpressionAttributeValues: { ":mark": { S: "1970-01-01T00:00:00.000Z" } },
  });
  // As `raw` is keyed, and as `versionOf` reads it.
  expect(input.ExpressionAttributeNames).toEqual({ "#key": "_key", "#emitted": "_emitted" });
});
