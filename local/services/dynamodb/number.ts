/**
 * DynamoDB's numbers: up to 38 significant digits, magnitude 1E-130 to 9.99...E+125, kept and given back as decimal text
 * without exponent and without superfluous zeros.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html#HowItWorks.DataTypes.Number
 */
import { validation } from "./errors";

const MAX_DIGITS = 38;
const MAX_EXPONENT = 125;
const MIN_EXPONENT = -130;

/** `digits` has no zeros at either end; the value is digits * 10^scale. Zero has no digits. */
interface Decimal {
  readonly negative: boolean;
  readonly digits: string;
  readonly scale: number;
}

const PLAIN_INTEGER = /^(0|-?[1-9]\d{0,37})$/;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/;

function parse(text: string): Decimal {
  const match = NUMBER.exec(text);
  const [, sign, whole = "", fraction = "", exponent = "0"] = match ?? [];
  if (whole === "" && fraction === "") {
    throw validation(
      `The parameter cannot be converted to a numeric value${text.trim() === "" ? "" : `: ${text.trim()}`}`,
    );
  }
  const digits = (whole + fraction).replace(/^0+/, "");
  const trimmed = digits.replace(/0+$/, "");
  return {
    negative: sign === "-" && trimmed !== "",
    digits: trimmed,
    scale: trimmed === "" ? 0 : Number(exponent) - fraction.length + digits.length - trimmed.length,
  };
}

function checkRange({ digits, scale }: Decimal): void {
  if (digits === "") return;
  const exponent = digits.length - 1 + scale;
  if (exponent > MAX_EXPONENT) {
    throw validation("Number overflow. Attempting to store a number with magnitude larger than supported range");
  }
  if (exponent < MIN_EXPONENT) {
    throw validation("Number underflow. Attempting to store a number with magnitude smaller than supported range");
  }
  if (digits.length > MAX_DIGITS) throw validation("Attempting to store more than 38 significant digits in a Number");
}

function print({ negative, digits, scale }: Decimal): string {
  if (digits === "") return "0";
  const sign = negative ? "-" : "";
  if (scale >= 0) return sign + digits + "0".repeat(scale);
  const point = digits.length + scale;
  return point > 0
    ? `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
    : `${sign}0.${"0".repeat(-point)}${digits}`;
}

/** The number as DynamoDB gives it back. Throws a ValidationException if it is none or out of range. */
export function normalNumber(text: string): string {
  if (PLAIN_INTEGER.test(text)) return text;
  const decimal = parse(text);
  checkRange(decimal);
  return print(decimal);
}

/** The size of a number: a byte for two digits, one more, one for the sign. */
export function numberSize(text: string): number {
  const { negative, digits } = parse(text);
  return Math.ceil(digits.length / 2) + 1 + (negative ? 1 : 0);
}

/** Compares two normal numbers; below, equal to or above zero. */
export function compareNumbers(a: string, b: string): number {
  // Up to 15 digits a double is exact.
  if (a.length <= 15 && b.length <= 15) return Number(a) - Number(b);
  const [left, right] = [parse(a), parse(b)];
  if (left.negative !== right.negative) return left.negative ? -1 : 1;
  const sign = left.negative ? -1 : 1;
  if (left.digits === "" || right.digits === "") return sign * (left.digits.length - right.digits.length);
  const magnitude = left.digits.length + left.scale - (right.digits.length + right.scale);
  if (magnitude !== 0) return sign * magnitude;
  const width = Math.max(left.digits.length, right.digits.length);
  const [x, y] = [left.digits.padEnd(width, "0"), right.digits.padEnd(width, "0")];
  return x === y ? 0 : x < y ? -sign : sign;
}

/** a + b, or a - b. Throws a ValidationException if the result has more digits than a number may have. */
export function addNumbers(a: string, b: string, sign: 1 | -1): string {
  const [left, right] = [parse(a), parse(b)];
  const scale = Math.min(left.scale, right.scale);
  const whole = (value: Decimal): bigint => {
    const magnitude = BigInt(value.digits === "" ? "0" : value.digits) * 10n ** BigInt(value.scale - scale);
    return value.negative ? -magnitude : magnitude;
  };
  const sum = whole(left) + BigInt(sign) * whole(right);
  return normalNumber(`${sum}e${scale}`);
}
