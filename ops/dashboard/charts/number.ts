/** The latest value, big: of the last row. */
import { markup, NOTHING, type Html } from "../markup";
import { withUnit, words, type Drawing } from "./drawing";

export function bigNumber({ labels, series, unit }: Drawing): Html {
  const items = series.map(({ name, values }) => {
    const value = values.at(-1) ?? null;
    return markup`<div><dt>${words(name)}</dt><dd>${value === null ? "none" : withUnit(value, unit)}</dd></div>`;
  });
  const label = labels.at(-1) ?? "";
  return markup`<dl class="numbers">${items}</dl>${label === "" ? NOTHING : markup`<p class="facts">${label}</p>`}`;
}
