import { isWider } from "./filters";

test("only a table that a service follows in addition has to be waited for", () => {
  const before = { payroll: ["contracts", "absences"], directory: ["users"] };
  expect(isWider(before, { ...before, directory: ["users", "shops"] })).toBe(true);
  expect(isWider(before, { ...before, payroll: ["absences"] })).toBe(false);
  expect(isWider(before, { ...before, clocking: ["shops"] })).toBe(false);
  expect(isWider(before, { directory: ["users"] })).toBe(false);
});
