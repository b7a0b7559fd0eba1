import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { createServer } from "node:net";
import { connect, fromEnvironment, fromSecret, fromUrl, isVerified, tls } from "./connection";

const where = { host: "db.example", port: 5432, database: "monolith", user: "dms" };

test("a URL", () => {
  expect(fromUrl("postgres://d%40ms:p%2Fw@[::1]:6543/mono%20lith?sslmode=verify-ca&sslrootcert=%2Fca.pem")).toEqual({
    host: "::1",
    port: 6543,
    database: "mono lith",
    user: "d@ms",
    password: "p/w",
    sslMode: "verify-ca",
    caFile: "/ca.pem",
  });
  expect(fromUrl("postgresql://dms@db.example/monolith")).toMatchObject(where);
});

test.each(["nonsense", "mysql://a@b/c", "postgres://db.example/monolith", "postgres://dms@db.example"])(
  "no URL of a database: %s",
  (text) => {
    expect(() => fromUrl(text)).toThrow(/^The URL .*expected postgres:\/\//);
  },
);

test("the environment: a URL, or psql's variables, or neither", () => {
  expect(fromEnvironment({ DATABASE_URL: "postgres://dms@db.example/monolith", PGHOST: "other" })).toMatchObject(where);
  expect(
    fromEnvironment({ PGHOST: "db.example", PGUSER: "dms", PGDATABASE: "monolith", PGSSLMODE: "require" }),
  ).toEqual({
    ...where,
    sslMode: "require",
  });
  expect(fromEnvironment({ PGHOST: "h", USER: "me" })).toMatchObject({ user: "me", database: "me" });
  expect(fromEnvironment({ PGHOST: "" })).toBeUndefined();
});

test("a stack without a source", async () => {
  await expect(fromSecret({ file: "Pulumi.prod.yaml", engineVersion: "3.6.1" })).rejects.toThrow(
    "Pulumi.prod.yaml has no tributary:source",
  );
});

test("TLS unless it is declined; verified by a certificate", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "preflight-ca-"));
  const caFile = path.join(folder, "ca.pem");
  fs.writeFileSync(caFile, "PEM");
  expect(await tls({ ...where, sslMode: "disable" })).toBe(false);
  expect(await tls(where)).toEqual({ rejectUnauthorized: false });
  expect(await tls({ ...where, sslMode: "verify-full" })).toEqual({ rejectUnauthorized: true });
  expect(await tls({ ...where, caFile })).toEqual({ ca: "PEM" });
  expect(await tls({ ...where, caFile, sslMode: "verify-ca" })).toEqual({
    ca: "PEM",
    checkServerIdentity: expect.any(Function),
  });
  fs.rmSync(folder, { recursive: true });
  await expect(tls({ ...where, caFile })).rejects.toThrow(`The certificate file ${caFile} cannot be read: it is --ca`);
  expect([where, { ...where, caFile }, { ...where, caFile, sslMode: "disable" }].map(isVerified)).toEqual([
    false,
    true,
    false,
  ]);
});

/** A server that answers every connection's first message with `answer`. */
async function withServer(answer: string, run: (port: number) => Promise<void>): Promise<void> {
  const server = createServer((socket) => socket.once("data", () => socket.end(answer)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port.");
  await run(address.port).finally(() => server.close());
}

test("a connection that fails says to whom, why and what to do", async () => {
  await withServer("N", async (port) => {
    await expect(connect({ ...where, host: "127.0.0.1", port })).rejects.toThrow(
      new RegExp(`^dms@127.0.0.1:${port}/monolith cannot be reached: .*does not support SSL.*sslmode=disable`),
    );
  });
  let closed = 0;
  await withServer("", async (port) => {
    closed = port;
  });
  await expect(connect({ ...where, host: "localhost", port: closed })).rejects.toThrow(/ECONNREFUSED.*tunnel/);
});
