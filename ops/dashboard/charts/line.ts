/** A line a series over time. */
import { markup, NOTHING, type Html } from "../markup";
import { CannotDraw, withUnit, words, type Drawing, type Series } from "./drawing";
import { AREA, below, figure, HEIGHT, uprightAxis } from "./frame";
import { scale } from "./scale";

/** More would hide the line. */
const DOTS = 60;

interface Point {
  readonly x: number;
  readonly y: number | undefined;
  readonly tip: string;
}

/** @throws CannotDraw without a time in the first column, or with one time in several rows */
export function lineChart(name: string, drawing: Drawing): Html {
  const { labels, series, unit, isTime } = drawing;
  if (!isTime) throw new CannotDraw('A line goes over time, and the first column is none: "-- chart: bar".');
  const places = labels
    .map((label, row) => ({ label, row, time: timeOf(label) }))
    .filter(({ time }) => !Number.isNaN(time))
    .sort((one, other) => one.time - other.time);
  const twice = places.find(({ time }, index) => time === places[index - 1]?.time);
  if (twice !== undefined) {
    throw new CannotDraw(`A line has one value a time, and ${twice.label} is in several rows: "-- chart: table".`);
  }
  const { y, axis } = uprightAxis(drawing);
  const x = scale([places[0]?.time ?? 0, places.at(-1)?.time ?? 0], [AREA.left + 6, AREA.right - 4]);
  const pointsOf = (one: Series): Point[] =>
    places.map(({ label, row, time }) => {
      const value = one.values[row] ?? null;
      const tip = value === null ? "" : `${label}, ${words(one.name)}: ${withUnit(value, unit)}`;
      return { x: x(time), y: value === null ? undefined : y(value), tip };
    });
  const lines = series.map((one, index) => lineOf(pointsOf(one), index + 1));
  const marks = below(places.map(({ label, time }) => ({ x: x(time), label: label.slice(0, "2026-11-24".length) })));
  return figure(name, drawing, HEIGHT, markup`${axis}${lines}${marks}`);
}

/** Where a value is missing the line is interrupted, rather than made up. */
function lineOf(points: readonly Point[], number: number): Html {
  const path = points
    .map(({ x, y }, index) => (y === undefined ? "" : `${points[index - 1]?.y === undefined ? "M" : "L"}${x} ${y}`))
    .join("");
  const dots = points.map(({ x, y, tip }, index) => {
    const isAlone = points[index - 1]?.y === undefined && points[index + 1]?.y === undefined;
    if (y === undefined || (points.length > DOTS && !isAlone)) return NOTHING;
    return markup`<circle class="dot s${number}" cx="${x}" cy="${y}" r="3"><title>${tip}</title></circle>`;
  });
  return path === "" ? NOTHING : markup`<path class="line s${number}" d="${path}" />${dots}`;
}

/** Milliseconds; NaN for NULL. A column has one time zone, so which does not matter. */
function timeOf(text: string): number {
  const [, day = "", time = "00:00:00"] = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d:\d\d(?:\.\d{1,3})?))?/.exec(text) ?? [];
  return Date.parse(`${day}T${time}Z`);
}
