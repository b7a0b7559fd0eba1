/** An AWS of a few lines for what runs in a test's own process, as the code of a dynamic provider does. */
import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** Answers each request of the JSON protocol while the tests of a suite run. @param answer one with `__type` is an error */
export function fakeAws(answer: (operation: string, input: Record<string, unknown>) => object): void {
  const server = http.createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      const operation = String(request.headers["x-amz-target"]).split(".")[1] ?? "";
      const found = answer(operation, JSON.parse(body) as Record<string, unknown>);
      response.writeHead("__type" in found ? 400 : 200, { "Content-Type": "application/x-amz-json-1.1" });
      response.end(JSON.stringify(found));
    });
  });
  const before = { ...process.env };
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
      AWS_SECRET_ACCESS_KEY: "secret",
    });
  });
  afterAll(async () => {
    process.env = before;
    await new Promise((resolve) => server.close(resolve));
  });
}
