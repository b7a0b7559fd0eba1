/** A group of bars a row: upright over time, lying where the rows have names, which need room. */
import { markup, NOTHING, type Html } from "../markup";
import { withUnit, words, type Drawing } from "./drawing";
import { AREA, below, ends, figure, HEIGHT, marksOfDrawing, short, uprightAxis, WIDTH } from "./frame";
import { compact, scale } from "./scale";

export const barChart = (name: string, drawing: Drawing): Html =>
  drawing.isTime ? upright(name, drawing) : lying(name, drawing);

type Bar = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
const barOf = ({ x, y, width, height }: Bar, series: number, tip: string): Html =>
  markup`<rect class="bar s${series + 1}" x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}"><title>${tip}</title></rect>`;
const tenth = (value: number): number => Math.round(value * 10) / 10;

/** For whoever points at it. */
const tipOf = (label: string, column: string, value: number, unit: string): string =>
  `${label}, ${words(column)}: ${withUnit(value, unit)}`;

/** What is between groups, of a group's room. */
const GAP = 0.25;
/** A single row's bar would be a wall. */
const WIDEST = 48;

function upright(name: string, drawing: Drawing): Html {
  const { labels, series, unit } = drawing;
  const { y, axis } = uprightAxis(drawing);
  const room = (AREA.right - AREA.left) / Math.max(1, labels.length);
  const width = Math.min(WIDEST, (room * (1 - GAP)) / series.length);
  const centre = (row: number): number => AREA.left + room * (row + 0.5);
  const bars = labels.flatMap((label, row) =>
    series.map(({ name: column, values }, index) => {
      const value = values[row] ?? null;
      if (value === null) return NOTHING;
      const x = centre(row) + width * (index - series.length / 2);
      const [top, bottom] = [y(Math.max(0, value)), y(Math.min(0, value))];
      return barOf({ x, y: top, width, height: bottom - top }, index, tipOf(label, column, value, unit));
    }),
  );
  const marks = below(
    labels.map((label, row) => ({
      // Words at the sides begin and end with the area.
      x: labels.length === 1 ? centre(0) : row === 0 ? AREA.left : row === labels.length - 1 ? AREA.right : centre(row),
      label: label.slice(0, "2026-11-24".length),
    })),
  );
  return figure(name, drawing, HEIGHT, markup`${axis}${bars}${marks}`);
}

/** More rows are for the table. */
const ROWS = 20;
const THICK = 11;
const LABEL = 16;
const SPACE = 9;
/** For the value behind the bar's end. */
const VALUE = 46;

function lying(name: string, drawing: Drawing): Html {
  const { labels, series, unit } = drawing;
  const shown = labels.slice(0, ROWS);
  const x = scale(ends(marksOfDrawing(drawing)), [2, WIDTH - VALUE]);
  const group = LABEL + THICK * series.length + SPACE;
  const groups = shown.map((label, row) => {
    const top = row * group;
    const bars = series.map(({ name: column, values }, index) => {
      const value = values[row] ?? null;
      if (value === null) return NOTHING;
      const [from, to] = [x(Math.min(0, value)), x(Math.max(0, value))];
      const y = top + LABEL + THICK * index;
      const bar = barOf({ x: from, y, width: to - from, height: THICK - 1 }, index, tipOf(label, column, value, unit));
      return markup`${bar}<text class="start value" x="${to + 4}" y="${y + 9}">${compact(value)}</text>`;
    });
    return markup`<text class="start" x="7" y="${top + 12}">${short(label, 50)}<title>${label}</title></text>${bars}`;
  });
  const height = group * shown.length;
  const zero = markup`<line class="zero" x1="${x(0)}" x2="${x(0)}" y1="0" y2="${height}" />`;
  const rest = labels.length - shown.length;
  const more =
    rest === 0 ? NOTHING : markup`<p class="facts">The first ${ROWS} rows are drawn, ${rest} more are not.</p>`;
  return markup`${figure(name, drawing, height, markup`${groups}${zero}`)}${more}`;
}
