/** `npm run dashboard`, by the role of analysts: the page of a running laptop cloud, and the file. */
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { openPage } from "../../local/page";
import { projectFolder } from "../../local/project";
import { runCommand, type Surroundings } from "../../ops/command";
import { dashboard } from "../../ops/dashboard/run";
import { LOCAL_FILE } from "../../ops/deployment";
import { readKpis } from "../../ops/query/kpis";
import type { World } from "./emitTests";

export function dashboardTests(world: () => World): void {
  let home: string;

  beforeAll(() => {
    const { file, laptop } = world();
    home = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-analyst-"));
    fs.mkdirSync(path.dirname(path.join(home, LOCAL_FILE)));
    fs.cpSync(path.join(projectFolder(), "queries/kpis"), path.join(home, "queries/kpis"), { recursive: true });
    const { analystRoleArn } = file.data.outputs as unknown as { readonly analystRoleArn: string };
    const data = { ...file.data, ...laptop.deployment.cloud.credentials(analystRoleArn) };
    fs.writeFileSync(path.join(home, LOCAL_FILE), JSON.stringify({ ...file, data }));
  });

  afterAll(() => fs.rmSync(home, { recursive: true }));

  function start(...argv: string[]) {
    const abort = new AbortController();
    const out: string[] = [];
    const notes: string[] = [];
    let printed: (text: string) => void = () => undefined;
    const first = new Promise<string>((resolve) => (printed = resolve));
    const surroundings: Surroundings = {
      ...{ folder: home, environment: {}, signal: abort.signal },
      print: (text) => {
        out.push(text);
        printed(text);
      },
      note: (text) => notes.push(text),
      status: () => undefined,
      input: async () => "",
    };
    const ended = runCommand("dashboard", dashboard, ["--local", ...argv], surroundings);
    return { ended, first, interrupt: () => abort.abort(), out, notes };
  }

  test("serves every KPI with its chart and its rows, until Ctrl-C", async () => {
    const { ended, first, interrupt } = start("--port", "0");
    const url = (await first).split(" ")[0] ?? "";
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    const text = await response.text();
    expect(text).toMatch(/The lake is \d+ (s|min|h) old/);
    const kpis = await readKpis(home);
    const cards = text.split("<article ").slice(1);
    expect(cards.map((card) => /<h2 id="\w+">([^<]*)/.exec(card)?.[1])).toEqual(kpis.map(({ title }) => title));
    kpis.forEach(({ chart }, index) => {
      const card = cards[index] ?? "";
      expect(card).not.toContain('class="bad"');
      expect(card).toMatch(/\d rows?, \d+\.\d\d s, [\d.]+ (B|KB|MB) scanned; asked <time/);
      // Nobody has clocked in here, so some have no rows.
      if (card.includes("No rows")) return;
      expect(card).toContain(chart === "table" ? "<table>" : '<svg role="img"');
    });
    expect(cards.filter((card) => card.includes("<svg role")).length).toBeGreaterThan(8);

    interrupt();
    expect(await ended).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  }, 60_000);

  test("is served by npm start, too, with the pipeline above it; two of them do not hinder one another", async () => {
    const { laptop } = world();
    const sites = [await openPage(laptop, home), await openPage(laptop, home)];
    const urls = sites.map(({ url }) => url);
    try {
      expect(new Set(urls).size).toBe(2);
      const text = await (await fetch(urls[1] ?? "")).text();
      expect(text).toContain('<iframe src="/pipeline"');
      expect(text.match(/<article /g)).toHaveLength(15);
      const pipeline = await (await fetch(`${urls[1]}pipeline`)).text();
      expect(pipeline).toContain('<meta http-equiv="refresh" content="2">');
      const count = (name: string) =>
        Number(RegExp(`<dt>${name}</dt><dd>([\\d,]+)`).exec(pipeline)?.[1]?.replace(",", ""));
      const { items } =
        laptop.deployment.cloud.services.dynamodb
          .statistics()
          .find(({ name }) => name === laptop.analyst.outputs.rawTable) ?? {};
      expect(count("in raw")).toBe(items);
      expect(count("stream tributary-changes")).toBeGreaterThan(500);
      expect(count("in the lake")).toBeGreaterThan(500);
    } finally {
      for (const site of sites) await site.close();
    }
    for (const url of urls) await expect(fetch(url)).rejects.toThrow();
  }, 60_000);

  test("writes the page into a file; a KPI that fails is named, and stands there with what Athena said", async () => {
    const written = start("--out", "kpis.html");
    expect(await written.ended).toBe(0);
    expect(written.out).toEqual([`${path.join(home, "kpis.html")}: 15 KPIs`]);
    const whole = fs.readFileSync(path.join(home, "kpis.html"), "utf8");
    expect(whole).toContain("<h1>KPIs of the laptop cloud</h1>");

    const file = path.join(home, "queries/kpis/headcount.sql");
    fs.writeFileSync(file, fs.readFileSync(file, "utf8").replace("  month,\n  count_if", "  moth,\n  count_if"));
    const failing = start("--out", "kpis.html");
    expect(await failing.ended).toBe(1);
    expect(failing.notes).toEqual([expect.stringMatching(/^ {2}headcount: COLUMN_NOT_FOUND: line \d+:3: .*moth/)]);
    const page = fs.readFileSync(path.join(home, "kpis.html"), "utf8");
    expect(page).toContain("queries/kpis/headcount.sql:");
    expect(page.match(/<svg role/g)?.length).toBe((whole.match(/<svg role/g)?.length ?? 0) - 1);
  }, 60_000);

  test("interrupted while writing it writes nothing; with no answer at all neither", async () => {
    const stopped = start("--out", "none.html");
    stopped.interrupt();
    expect(await stopped.ended).toBe(130);
    for (const name of fs.readdirSync(path.join(home, "queries/kpis"))) {
      const file = path.join(home, "queries/kpis", name);
      fs.writeFileSync(file, `${fs.readFileSync(file, "utf8")}\nfrom nowhere`);
    }
    const failing = start("--out", "none.html");
    expect(await failing.ended).toBe(2);
    expect(failing.notes[0]).toMatch(/^dashboard: No KPI has an answer\. \w+: /);
    expect(fs.existsSync(path.join(home, "none.html"))).toBe(false);
  }, 60_000);
}
