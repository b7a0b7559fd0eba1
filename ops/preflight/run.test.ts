import { run } from "./run";
import { model } from "./testing/build";

async function ran(argv: readonly string[], environment: Readonly<Record<string, string>> = {}) {
  const printed: string[] = [];
  const complaints: string[] = [];
  const code = await run(argv, {
    model: [model()],
    environment,
    folder: process.cwd(),
    today: "2026-11-24",
    print: (text) => printed.push(text),
    complain: (text) => complaints.push(text),
  });
  return { code, printed: printed.join("\n"), complaints: complaints.join("\n") };
}

test("help", async () => {
  expect(await ran(["--help"])).toMatchObject({
    code: 0,
    printed: expect.stringContaining("--ca <file>"),
    complaints: "",
  });
});

test("an option that is none, a stack that is none, a source that is none", async () => {
  expect(await ran(["--strict"])).toMatchObject({
    code: 2,
    complaints: expect.stringMatching(/^preflight: Unknown option '--strict'[^]*Exit code/),
  });
  expect(await ran(["-s", "staging"])).toMatchObject({
    code: 2,
    complaints: expect.stringContaining("Pulumi.staging.yaml"),
  });
  expect(await ran([], { DATABASE_URL: "mysql://x" })).toMatchObject({
    code: 2,
    complaints: expect.stringContaining("expected postgres://"),
    printed: "",
  });
});

test("a URL beats the environment", async () => {
  const { complaints } = await ran(["--url", "one://x"], { DATABASE_URL: "two://x" });
  expect(complaints).toContain("one:");
});
