import { get, request, type RequestOptions } from "node:http";
import { CannotRun } from "../command";
import { markup } from "./markup";
import { serve, type Pages, type Site } from "./server";

let site: Site | undefined;
afterEach(() => site?.close());

const pagesOf = (page: Pages[string]): Pages => ({ "/": page });
const hello = pagesOf(async function* () {
  yield markup`<p>`;
  yield markup`hello`;
});

function fetched(url: string, options: RequestOptions = {}): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, options, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      response.on("error", reject);
    });
    asking.on("error", reject).end();
  });
}

test("serves its pages and nothing else", async () => {
  site = await serve(0, hello);
  expect(site.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  expect(await fetched(site.url)).toEqual({ status: 200, text: "<p>hello" });
  expect(await fetched(`${site.url}favicon.ico`)).toMatchObject({ status: 404 });
  expect(await fetched(site.url, { method: "POST" })).toMatchObject({ status: 405 });
});

test("answers to the names of this machine only: another's page that leads here reads nothing", async () => {
  site = await serve(0, hello);
  const as = (host: string) => fetched(site?.url ?? "", { headers: { host } });
  expect(await as("localhost:8080")).toMatchObject({ status: 200 });
  for (const host of ["evil.example", "evil.example:4747", "127.0.0.1.evil.example"])
    expect(await as(host)).toMatchObject({ status: 421 });
});

test("a taken port is said to be taken", async () => {
  site = await serve(0, hello);
  const port = Number(new URL(site.url).port);
  await expect(serve(port, hello)).rejects.toThrow(`Port ${port} is taken, by another dashboard or npm start perhaps`);
});

test("a KPI's file that cannot be read is said in the page's place", async () => {
  site = await serve(
    0,
    pagesOf(async function* () {
      throw new CannotRun("queries/kpis/x.sql: chart is missing");
    }),
  );
  expect(await fetched(site.url)).toEqual({ status: 500, text: "queries/kpis/x.sql: chart is missing\n" });
});

test("a mistake of ours ends it", async () => {
  site = await serve(
    0,
    pagesOf(async function* () {
      yield markup`<p>`;
      throw new TypeError("no function");
    }),
  );
  const ended = expect(site.ended).rejects.toThrow("no function");
  await expect(fetched(site.url)).rejects.toThrow();
  await ended;
});

test("ends with whoever still reads, and asks nothing more for whoever has gone", async () => {
  let asked = 0;
  let next: () => void = () => undefined;
  site = await serve(
    0,
    pagesOf(async function* () {
      for (;;) {
        asked += 1;
        yield markup`<p>`;
        await new Promise<void>((resolve) => (next = resolve));
      }
    }),
  );
  const { url } = site;
  const gone = await new Promise<Error>((resolve) => {
    get(url, (response) => {
      response.on("data", () => void site?.close());
      response.on("error", resolve);
    });
  });
  expect(gone.message).toBe("aborted");
  await site.ended;
  for (let turn = 0; turn < 2; turn += 1) {
    next();
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(asked).toBe(2);
  await expect(fetched(url)).rejects.toThrow("ECONNREFUSED");
});
