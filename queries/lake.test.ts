import { lakeTables } from "../model";
import { startLake } from "./testing/lake";
import { ROWS } from "./testing/rows";

test("a column that is added to the catalog shows null in files from before, and nothing else changes", async () => {
  const users = lakeTables.filter(({ name }) => name === "users");
  const lake = await startLake(users);
  try {
    // `role` and `last_seen_at` have values in these rows: the files were written without them.
    const added = ["locale", "last_seen_at", "role"];
    for (const table of users) {
      const before = { ...table, columns: table.columns.filter(({ name }) => !added.includes(name)) };
      await lake.deliver(before, "2026-01-01", ROWS["users"] ?? []);
    }
    const { rows } = await lake.query("SELECT count(*), count(shop_id), count(role), count(last_seen_at) FROM users");
    expect(rows).toEqual([["5", "5", "0", "0"]]);
    expect((await lake.query("SELECT role, last_seen_at_iso, locale FROM users WHERE id = 10")).rows).toEqual([
      [null, null, null],
    ]);
  } finally {
    await lake.close();
  }
}, 60_000);
