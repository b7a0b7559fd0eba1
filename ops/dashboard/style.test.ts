import { SERIES } from "./charts/drawing";
import { COLOURS, STYLE } from "./style";

/** https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio */
function contrast(one: string, other: string): number {
  const luminance = (colour: string): number => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const part = parseInt(colour.slice(at, at + 2), 16) / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

describe.each([
  ["day", 0],
  ["night", 1],
] as const)("by %s", (_name, index) => {
  const of = (name: keyof typeof COLOURS): string => COLOURS[name][index];

  test.each(["text", "quiet", "bad"] as const)("the %s can be read", (name) => {
    for (const behind of ["back", "card"] as const) expect(contrast(of(name), of(behind))).toBeGreaterThan(4.5);
  });

  test.each(["s1", "s2", "s3", "s4", "s5"] as const)("the series %s can be seen", (name) => {
    expect(contrast(of(name), of("card"))).toBeGreaterThan(3);
  });
});

test("there is a colour and a dash for every series, and nothing is fetched", () => {
  for (let series = 1; series <= SERIES; series += 1) {
    expect(STYLE).toContain(`.line.s${series}{stroke:var(--s${series});stroke-dasharray:`);
    expect(COLOURS).toHaveProperty(`s${series}`);
  }
  expect(STYLE).not.toMatch(/url\(|@import|http|</);
});
