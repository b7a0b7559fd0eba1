/** From values to places. */

/** About so many steps an axis has. */
const STEPS = 4;

/**
 * The marks of an axis for these values, ascending: even, of round numbers, from at most the least to at least the greatest.
 * Zero is always among them: an axis that begins elsewhere makes much of little.
 */
export function marksOf(values: readonly number[]): readonly number[] {
  const low = values.reduce((least, value) => Math.min(least, value), 0);
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const raw = (high - low || 1) / STEPS;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5].map((times) => times * power).find((size) => size >= raw) ?? 10 * power;
  // Nobody counts half a shop.
  const size = values.every(Number.isInteger) ? Math.max(1, step) : step;
  const first = Math.floor(low / size);
  const last = Math.max(Math.ceil(high / size), first + 1);
  // 3 * 0.1 is not 0.3.
  return Array.from({ length: last - first + 1 }, (_, index) => Number(((first + index) * size).toPrecision(12)));
}

export type Scale = (value: number) => number;

/** Linear, to a tenth of a unit of the drawing. What has no extent stands in the middle. */
export function scale([low, high]: readonly [number, number], [from, to]: readonly [number, number]): Scale {
  return (value) =>
    Math.round((high === low ? (from + to) / 2 : from + ((value - low) / (high - low)) * (to - from)) * 10) / 10;
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
/** `1.25K` */
export const compact = (value: number): string => COMPACT.format(value);
