/** The guard of the lake's columns, with its provider's code as Pulumi keeps it in the state. */
import { TABLES } from "./dataTests";
import { dynamicProvider } from "./dynamic";
import type { Plan } from "./plan";
import { pick } from "./plan";

export function schemaTests(data: () => Plan): void {
  const one = (kind: string, name: string) => pick(data(), kind, name);

  test("a column that the lake would lose stops the deployment until somebody decides on it", async () => {
    const { __provider: code, ...declared } = one("Resource", "schemas").inputs;
    const schemas = declared["schemas"] as Record<string, Record<string, string>>;
    expect(schemas["changes_users"]).toMatchObject({
      id: "integer as bigint",
      public_id: "hashed text as string",
      active: "boolean as boolean",
      _version: "string",
    });
    expect(schemas["full_shifts"]).toMatchObject({ starts_at: "instant as string", _loaded_at: "string" });
    expect(schemas["full_contracts"]?.["weekly_hours"]).toBe("decimal(5,2) as decimal(5,2)");
    expect(schemas["changes_contracts"]?.["weekly_hours"]).toBe("decimal(5,2) as string");
    expect(Object.keys(schemas).sort()).toEqual(
      [
        ...TABLES.map((name) => `changes_${name}`),
        ...TABLES.filter((n) => n !== "punches").map((n) => `full_${n}`),
        "compacted_punches",
        "pseudonyms_users",
      ].sort(),
    );
    const { create, diff, update } = dynamicProvider(String(code));
    const withAge = (age: string) => ({ ...schemas, changes_users: { ...schemas["changes_users"], age } });
    const without = { schemas, decisions: [] };
    const loss = "changes_users.age: integer as int -> dropped";
    /** As `pulumi up` does it: what it would change is changed. */
    const up = async (olds: object, news: object): Promise<object> =>
      (await diff("id", olds, news)).changes ? (await update("id", olds, news)).outs : olds;

    const { outs: first } = await create({ schemas: withAge("integer as int"), decisions: [] });
    await expect(diff("id", first, without)).rejects.toThrow(
      `The lake would lose columns that it has:\n  ${loss}\ndocs/schema-changes.md`,
    );
    const decided = { schemas, decisions: [loss] };
    const dropped = await up(first, decided);
    expect(await diff("id", dropped, without)).toEqual({ changes: false });

    // It comes back: as something else its old files cannot be read.
    const asText = { schemas: withAge("text as string"), decisions: [loss] };
    const back = "changes_users.age: integer as int -> text as string";
    await expect(diff("id", dropped, asText)).rejects.toThrow(
      "Columns of these names were dropped once, and their files cannot be read as what they would be now:\n" +
        `  ${back}\n`,
    );
    expect(await diff("id", dropped, { ...asText, decisions: [loss, back] })).toEqual({ changes: true });

    // As what it was it may; and the decision of then, which still stands in the settings, does not drop it again.
    const again = await up(dropped, { schemas: withAge("integer as int"), decisions: [loss] });
    await expect(diff("id", again, decided)).rejects.toThrow(
      new RegExp(`has:\\n  ${loss} \\(2\\)\\n(.*\\n)*A number at the end: .* a decision is good for once\\.$`),
    );
    const second = await up(again, { schemas, decisions: [loss, `${loss} (2)`] });
    expect(second).toMatchObject({ used: [loss, `${loss} (2)`] });
  });

  test("the state of a guard that remembered nothing is read: what it has counts, and its decisions are used", async () => {
    const { __provider: code, ...declared } = one("Resource", "schemas").inputs;
    const { diff, update } = dynamicProvider(String(code));
    const old = {
      schemas: { changes_users: { id: "bigint", role: "string" } },
      decisions: ["changes_users.id: bigint -> dropped"],
    };
    const news = { schemas: { changes_users: { role: "text as string" } }, decisions: old.decisions };
    await expect(diff("id", old, news)).rejects.toThrow("changes_users.id: bigint -> dropped (2)");
    expect(await diff("id", old, declared)).toEqual({ changes: true });
    expect((await update("id", old, declared)).outs).toEqual({
      ...declared,
      seen: declared["schemas"],
      used: old.decisions,
    });
  });

  test("no table of the catalog is touched before the guard has agreed", () => {
    for (const table of data().resources.filter(({ type }) => type.endsWith(":CatalogTable")))
      expect(table.dependencies).toContain(one("Resource", "schemas").urn);
  });
}
