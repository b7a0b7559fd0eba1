/** What the charts have in common: the size, the axis of the values, the words for whoever does not see it, the legend. */
import { markup, type Html } from "../markup";
import { withUnit, words, type Drawing } from "./drawing";
import { compact, marksOf, scale, type Scale } from "./scale";

/** Of the drawing, in units that are a pixel on a phone and a little more elsewhere. */
export const WIDTH = 360;
export const HEIGHT = 200;
/** In which values are drawn; the rest is for the axes' words. */
export const AREA = { left: 42, right: 352, top: 10, bottom: 176 } as const;

const isNumber = (value: number | null): value is number => value !== null;
/** Of all series: they share an axis. */
export const marksOfDrawing = ({ series }: Drawing): readonly number[] =>
  marksOf(series.flatMap(({ values }) => values.filter(isNumber)));

export const ends = (marks: readonly number[]): readonly [number, number] => [marks[0] ?? 0, marks.at(-1) ?? 0];

/** The axis of the values, upright, with its lines. */
export function uprightAxis(drawing: Drawing): { readonly y: Scale; readonly axis: Html } {
  const marks = marksOfDrawing(drawing);
  const y = scale(ends(marks), [AREA.bottom, AREA.top]);
  const { left, right } = AREA;
  const lines = marks.map((mark) => {
    const kind = mark === 0 ? "zero" : "grid-line";
    const line = markup`<line class="${kind}" x1="${left}" x2="${right}" y1="${y(mark)}" y2="${y(mark)}"/>`;
    return markup`${line}<text class="end" x="${left - 5}" y="${y(mark) + 4}">${compact(mark)}</text>\n`;
  });
  return { y, axis: markup`${lines}` };
}

/** Words below the area: of the first, the middle and the last place. */
export function below(places: readonly { readonly x: number; readonly label: string }[]): Html {
  const last = places.length - 1;
  const shown = last < 2 ? [0, last] : [0, Math.floor(last / 2), last];
  const words = [...new Set(shown)].map((index) => {
    const { x = 0, label = "" } = places[index] ?? {};
    // Those at the sides must not stand out of the drawing; a lone one is in the middle.
    const anchor = last <= 0 ? "middle" : index === 0 ? "start" : index === last ? "end" : "middle";
    return markup`<text class="${anchor}" x="${x}" y="${HEIGHT - 8}">${short(label, 12)}</text>`;
  });
  return markup`${words}`;
}

export const short = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text;

/** The whole figure. @param name unique in the page */
export function figure(name: string, drawing: Drawing, height: number, content: Html): Html {
  return markup`<svg role="img" aria-labelledby="${name}-t ${name}-d" viewBox="0 0 ${WIDTH} ${height}">
<title id="${name}-t">${drawing.title}</title>
<desc id="${name}-d">${describe(drawing)}</desc>
${content}</svg>${legend(drawing)}`;
}

/** In words, what a glance would tell. */
function describe({ labels, series, unit }: Drawing): string {
  const said = series.map(({ name, values }) => {
    const known = values.filter(isNumber);
    const least = known.reduce((low, value) => Math.min(low, value), Infinity);
    const most = known.reduce((high, value) => Math.max(high, value), -Infinity);
    const [last] = values.slice(-1);
    if (known.length === 0) return `${words(name)}: no values.`;
    const latest = last === null || last === undefined ? "none" : withUnit(last, unit);
    return `${words(name)}: from ${withUnit(least, unit)} to ${withUnit(most, unit)}, last ${latest}.`;
  });
  const count = `${labels.length} ${labels.length === 1 ? "row" : "rows"}`;
  return [`${count}, ${labels[0] ?? ""} to ${labels.at(-1) ?? ""}.`, ...said].join(" ");
}

/** The lines' dashes tell the series apart as well as the colours; bars stand in the legend's order. */
function legend({ series, unit }: Drawing): Html {
  const items = series.map(({ name }, index) => {
    const line = markup`<line class="line s${index + 1}" x1="0" x2="24" y1="5" y2="5"/>`;
    return markup`<li><svg class="key" aria-hidden="true" viewBox="0 0 24 10">${line}</svg>${words(name)}</li>`;
  });
  return markup`<ul class="legend">${items}<li class="unit">in ${unit}</li></ul>`;
}
