import { deliveryStream } from "./contract";

test("a long table's delivery stream has a name that Firehose takes, and that no other has", () => {
  expect(deliveryStream("shifts")).toBe("tributary-shifts");
  const long = "t".repeat(60);
  const names = [deliveryStream(`${long}1`), deliveryStream(`${long}2`)];
  for (const name of names) expect(name).toMatch(/^tributary-t+-[0-9a-f]{8}$/);
  expect(names.map((name) => name.length)).toEqual([64, 64]);
  expect(new Set(names).size).toBe(2);
});
