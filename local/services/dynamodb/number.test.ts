import * as fc from "fast-check";
import { compareText } from "./attribute";
import { addNumbers, compareNumbers, normalNumber, numberSize } from "./number";

test.each([
  ["0", "0"],
  ["-0.00", "0"],
  ["007", "7"],
  ["1.50", "1.5"],
  [".5", "0.5"],
  ["5.", "5"],
  ["+12e3", "12000"],
  ["-1200E-5", "-0.012"],
  ["1e125", `1${"0".repeat(125)}`],
  ["12345678901234567890123456789012345678", "12345678901234567890123456789012345678"],
  ["1234567890123456789012345678901234567800", "1234567890123456789012345678901234567800"],
])("%s is given back as %s", (given, normal) => expect(normalNumber(given)).toBe(normal));

test.each([
  ["", /cannot be converted/],
  ["abc", /cannot be converted to a numeric value: abc/],
  ["1,5", /cannot be converted/],
  ["123456789012345678901234567890123456789", /more than 38 significant digits/],
  ["1e126", /overflow/],
  ["1e-131", /underflow/],
])("%s is refused", (given, reason) => expect(() => normalNumber(given)).toThrow(reason));

const digits = fc.stringMatching(/^-?[0-9]{1,20}(\.[0-9]{1,18})?$/).map(normalNumber);
/** Times 10^18, where all of them are whole. */
const scaled = (text: string): bigint => {
  const [whole = "", fraction = ""] = text.split(".");
  return BigInt(whole + fraction.padEnd(18, "0"));
};

test("order and sums are those of whole numbers", () => {
  fc.assert(
    fc.property(digits, digits, (a, b) => {
      const [x, y] = [scaled(a), scaled(b)];
      expect(Math.sign(compareNumbers(a, b))).toBe(x < y ? -1 : x > y ? 1 : 0);
      for (const sign of [1, -1] as const) {
        const sum = x + BigInt(sign) * y;
        if (String(sum).replace(/^-|0+$/g, "").length <= 38) expect(scaled(addNumbers(a, b, sign))).toBe(sum);
      }
    }),
  );
});

test("sizes are those that DynamoDB wrote into records it sent", () => {
  // Captured: {"humidity": 84.84, "temperature": 42.42} among texts made up 62 bytes.
  expect(["84.84", "42.42"].map(numberSize)).toEqual([3, 3]);
  expect(["0", "-5", "120000", "0.001"].map(numberSize)).toEqual([1, 3, 2, 2]);
});

test("texts are ordered by their UTF-8 bytes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 4 }), fc.string({ unit: "binary", maxLength: 4 }), (a, b) => {
      expect(Math.sign(compareText(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
    }),
  );
});
