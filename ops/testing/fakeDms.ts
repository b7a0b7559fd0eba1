/** A DMS that answers as a test says, and a project's folder whose laptop cloud it is. */
import * as fs from "node:fs";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import * as os from "node:os";
import * as path from "node:path";
import { runCommand, type Command, type Surroundings } from "../command";
import { LOCAL_FILE } from "../deployment";

/** By operation; called with the request. What is left out is refused, and an answer with `__type` is an error. */
export type Answers = Readonly<Record<string, (input: Record<string, unknown>) => object>>;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly notes: string;
  /** Names of the operations that were asked, without those that only look. */
  readonly asked: readonly string[];
}

/** Runs a command with --local against the answers. */
export async function runAgainst(answers: Answers, command: Command, ...argv: string[]): Promise<Ran> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
      if (!operation.startsWith("Describe")) asked.push(operation);
      const answer = answers[operation];
      const body = answer?.(JSON.parse(Buffer.concat(chunks).toString())) ?? { __type: "AccessDeniedFault" };
      response.statusCode = "__type" in body ? 400 : 200;
      response.end(JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tributary-ops-"));
  fs.mkdirSync(path.join(folder, path.dirname(LOCAL_FILE)));
  const keys = { accessKeyId: "AKIA1", secretAccessKey: "s" };
  const prod = { changesTaskArn: "changes", fullLoadTaskArn: "full", failuresBucket: "f", functions: {} };
  const data = {
    ...{ lakeKeyArn: "", rawTable: "raw", failuresBucket: "f", functions: { promote: "promote" } },
    ...{ database: "d", workgroup: "w", analystWorkgroup: "a" },
  };
  const { port } = server.address() as AddressInfo;
  fs.writeFileSync(
    path.join(folder, LOCAL_FILE),
    JSON.stringify({
      ...{ pid: process.pid, url: `http://127.0.0.1:${port}`, region: "eu-west-1" },
      ...{ prod: { ...keys, outputs: prod }, data: { ...keys, outputs: data } },
    }),
  );
  const out: string[] = [];
  const notes: string[] = [];
  const surroundings: Surroundings = {
    ...{ folder, environment: {}, signal: new AbortController().signal },
    print: (text) => out.push(text),
    note: (text) => notes.push(text),
    status: () => undefined,
    input: async () => "",
  };
  try {
    const code = await runCommand("test", command, ["--local", ...argv], surroundings);
    return { code, out: out.join("\n"), notes: notes.join("\n"), asked };
  } finally {
    server.closeAllConnections();
    server.close();
    fs.rmSync(folder, { recursive: true });
  }
}

export const tableRules = (...names: string[]): string =>
  JSON.stringify({
    rules: names.map((name) => ({
      "rule-type": "selection",
      "object-locator": { "schema-name": "public", "table-name": name },
    })),
  });
