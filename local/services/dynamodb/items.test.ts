import * as fc from "fast-check";
import { itemOf, written, type Item } from "./item";
import { Items } from "./items";
import { keyOfItem, type KeySchema } from "./keys";

const schema: KeySchema = { hash: { name: "id", type: "S" }, range: { name: "at", type: "N" } };
const made = (id: string, at: number, n: number): Item =>
  itemOf({ id: { S: id }, at: { N: String(at) }, n: { N: String(n) } });

/** Three partition keys that share a bucket. */
const ids = ((): readonly string[] => {
  const buckets = new Map<number, string[]>();
  for (let n = 0; ; n += 1) {
    const id = `k${n}`;
    const place = keyOfItem(schema, made(id, 0, 0)).place >>> 20;
    const sharing = [...(buckets.get(place) ?? []), id];
    if (sharing.length === 3) return sharing;
    buckets.set(place, sharing);
  }
})();

const step = fc.record({ id: fc.constantFrom(...ids), at: fc.integer({ min: -5, max: 15 }), put: fc.boolean() });

test("any writes: what is read back, in order, and through a scan in segments and pages", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 1, max: 5 }), (steps, segments) => {
      const items = new Items(schema);
      const model = new Map<string, Item>();
      steps.forEach(({ id, at, put }, n) => {
        const item = made(id, at, n);
        const key = keyOfItem(schema, item);
        items.replace(key, items.get(key), put ? item : undefined);
        if (put) model.set(`${id} ${at}`, item);
        else model.delete(`${id} ${at}`);
      });
      const all = [...model.values()];
      expect(items.count).toBe(all.length);
      expect(items.bytes).toBe(all.reduce((total, { bytes }) => total + bytes, 0));
      for (const item of all) expect(items.get(keyOfItem(schema, item))).toBe(item);
      const ats = (of: readonly Item[]): number[] => of.map(({ values }) => Number(values[1]?.N));
      for (const id of ids) {
        const partition = items.partition(keyOfItem(schema, made(id, 0, 0)));
        expect(ats(partition)).toEqual(ats(all.filter(({ values }) => values[0]?.S === id)).sort((x, y) => x - y));
      }
      const scanned: Item[] = [];
      for (let segment = 0; segment < segments; segment += 1) {
        // One item a page, each beginning after the last of the page before.
        let [item] = items.scan(segment, segments);
        while (item !== undefined && scanned.length <= all.length) {
          scanned.push(item);
          [item] = items.scan(segment, segments, keyOfItem(schema, item));
        }
      }
      expect(scanned).toHaveLength(all.length);
      expect(new Set(scanned)).toEqual(new Set(all));
    }),
  );
});

test("an attribute may have any name", () => {
  const text = '{"__proto__":{"S":"p"},"constructor":{"S":"c"}}';
  expect(JSON.stringify(written(itemOf(JSON.parse(text) as Parameters<typeof itemOf>[0])))).toBe(text);
});
