import { pgTable, text, uuid } from "drizzle-orm/pg-core";
import { looksPrivate } from "./privacy";
import { describeTable, MONOLITH } from "./table";

test.each(["email", "work_email", "eMail", "firstName", "last_name", "full_name", "birth_date", "date_of_birth"])(
  "%s looks private",
  (name) => expect(looksPrivate(name)).toBe(true),
);
test.each(["home_address", "ip_address", "iban", "ssn", "social_security_number", "phone_number", "pronouns"])(
  "%s looks private, too",
  (name) => expect(looksPrivate(name)).toBe(true),
);
test.each(["badge", "id_card", "card_number", "pin", "comment", "note", "notes", "remark", "messages", "leave_reason"])(
  "%s looks private: a credential, or what somebody writes freely",
  (name) => expect(looksPrivate(name)).toBe(true),
);
test.each(["hourly_wage", "baseSalary"])("%s looks private: what somebody earns", (name) =>
  expect(looksPrivate(name)).toBe(true),
);
test.each(["pinned_at", "noted_on", "discarded"])("%s does not: only whole words do", (name) =>
  expect(looksPrivate(name)).toBe(false),
);
test.each(["name", "shop_id", "timezone", "public_id", "usage", "stage", "shipped_at", "mailing", "addressed"])(
  "%s does not",
  (name) => expect(looksPrivate(name)).toBe(false),
);

const people = pgTable("people", { id: uuid().primaryKey(), email: text(), city: text() });
const privacy = (notes: object): (string | undefined)[] =>
  describeTable(MONOLITH, people, { comment: "", ...notes }).columns.map((column) => column.privacy);

test("a column that looks private must be decided about", () => {
  expect(() => privacy({})).toThrow(
    'model: table "people", column "email": the name looks private. Decide in model/tables.ts',
  );
  expect(privacy({ private: ["email"] })).toEqual(["open", "drop", "open"]);
  expect(privacy({ pseudonym: ["email"] })).toEqual(["open", "pseudonym", "open"]);
  expect(privacy({ open: ["email"] })).toEqual(["open", "open", "open"]);
});

test("a decision is one, of a column that is there, and no key is private", () => {
  expect(() => privacy({ private: ["email"], open: ["email"] })).toThrow('"email" is decided twice');
  expect(() => privacy({ private: ["email"], pseudonym: ["town"] })).toThrow('notes a column "town"');
  for (const kind of ["private", "pseudonym"])
    expect(() => privacy({ open: ["email"], [kind]: ["id"] })).toThrow("cannot be private");
});
