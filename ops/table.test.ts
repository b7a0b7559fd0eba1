import { renderTable } from "./table";

test("numbers to the right, text to the left, NULL told from empty", () => {
  expect(
    renderTable(
      ["name", "hours"],
      [
        ["Zoë", "1.5"],
        ["", null],
        [null, "120"],
      ],
    ),
  ).toBe("  name  hours\n  Zoë     1.5\n         NULL\n  NULL    120");
});
