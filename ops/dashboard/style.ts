/** How the page looks: one style sheet in the page itself, since nothing is fetched from anywhere. */
import { createHash } from "node:crypto";

/** By name: by day, by night. The tests keep text and lines apart from what is behind them, as WCAG 2.2 asks. */
export const COLOURS = {
  back: ["#f4f5f7", "#101216"],
  card: ["#ffffff", "#1a1d23"],
  text: ["#1b1e24", "#e6e8ec"],
  quiet: ["#5a616d", "#a3abb8"],
  rule: ["#d9dce1", "#363b45"],
  bad: ["#b3261e", "#ff8f86"],
  s1: ["#1f5fbf", "#7db0ff"],
  s2: ["#b4530a", "#ffab66"],
  s3: ["#1b7f4d", "#5fd39a"],
  s4: ["#7b3fb0", "#cf9cff"],
  s5: ["#5f6670", "#b3bac6"],
} as const;

const variables = (index: 0 | 1): string =>
  Object.entries(COLOURS)
    .map(([name, colours]) => `--${name}:${colours[index]}`)
    .join(";");

/** Of each series' line, so that colour is not all that tells them apart. */
const DASHES = ["none", "7 3", "2 3", "9 3 2 3", "4 4"];

export const STYLE = `
:root{color-scheme:light dark;${variables(0)}}
@media (prefers-color-scheme:dark){:root{${variables(1)}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1500px;padding:1rem;background:var(--back);color:var(--text);font:16px/1.45 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0}
h2{font-size:1.1rem;margin:0}
p{margin:.2rem 0}
header{margin-bottom:1rem}
.age{font-size:1.1rem}
.bad{color:var(--bad);font-weight:600}
.facts,.asked{color:var(--quiet);font-size:.85rem}
.grid{display:grid;gap:1rem;grid-template-columns:repeat(auto-fill,minmax(min(100%,24rem),1fr));align-items:start}
.card{min-width:0;background:var(--card);border:1px solid var(--rule);border-radius:.5rem;padding:1rem}
.wide{grid-column:1/-1}
iframe{display:block;width:100%;height:6.5rem;margin-top:.6rem;border:1px solid var(--rule);border-radius:.5rem}
@media (max-width:60rem){iframe{height:13rem}}
.asked{border-top:1px solid var(--rule);margin-top:.7rem;padding-top:.4rem}
svg{display:block;width:100%;height:auto;margin-top:.6rem;font:11px system-ui,sans-serif}
svg text{fill:var(--quiet)}
svg .value{fill:var(--text)}
.start{text-anchor:start}.middle{text-anchor:middle}.end{text-anchor:end}
.grid-line,.zero{stroke:var(--rule);stroke-width:1}
.zero{stroke:var(--quiet)}
.line{fill:none;stroke-width:2;stroke-linejoin:round}
.bar,.dot{stroke:none}
${DASHES.map((dash, index) => {
  const name = `s${index + 1}`;
  return `.line.${name}{stroke:var(--${name});stroke-dasharray:${dash}}.bar.${name},.dot.${name}{fill:var(--${name})}`;
}).join("\n")}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;margin:.4rem 0;padding:0;font-size:.85rem}
.legend .key{display:inline-block;width:24px;height:10px;margin:0 .4rem 0 0}
.legend .unit{color:var(--quiet)}
.legend .line{stroke-width:4}
.numbers{display:flex;flex-wrap:wrap;gap:.5rem 2rem;margin:.6rem 0}
.numbers dt{color:var(--quiet);font-size:.85rem}
.numbers dd{margin:0;font-size:2rem;font-weight:600}
.numbers .facts{font-size:.85rem;font-weight:400}
.small{gap:.3rem 1.5rem;margin:0}
.small dd{font-size:1.2rem}
details{margin-top:.6rem}
summary{cursor:pointer;font-size:.9rem}
.rows{overflow-x:auto;max-height:30rem;margin-top:.5rem}
table{border-collapse:collapse;font-size:.85rem}
th,td{padding:.2rem .6rem;border-bottom:1px solid var(--rule);text-align:left;white-space:nowrap}
th{position:sticky;top:0;background:var(--card)}
.number{text-align:right;font-variant-numeric:tabular-nums}
.null{color:var(--quiet);font-style:italic}
pre{overflow-x:auto;font-size:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}
`;

/** The browser takes this style sheet and pages of the same site, no script, picture or other address, whatever a value may bring in. */
export const POLICY = `default-src 'none'; frame-src 'self'; style-src 'sha256-${createHash("sha256").update(STYLE).digest("base64")}'; form-action 'none'; base-uri 'none'`;
