/**
 * One port for all services. HTTP/1.1 and HTTP/2 share it: AWS's Kinesis client speaks HTTP/2 with prior knowledge,
 * most others HTTP/1.1, and both are given the same endpoint URL.
 */
import { once } from "node:events";
import { createServer as createHttp1Server, type IncomingHttpHeaders, type IncomingMessage } from "node:http";
import { createServer as createHttp2Server, type ServerHttp2Stream } from "node:http2";
import { createServer, type Socket } from "node:net";
import { dispatcher } from "./dispatch";
import type { Principals } from "./principals";
import type { Authorizer, HttpApi, JsonApi } from "./service";
import type { RawRequest } from "./sigv4";

/** The first bytes of every HTTP/2 connection (RFC 9113, 3.4); no HTTP/1.1 method begins like it. */
const HTTP2_PREFACE = "PRI";
const MIB = 1024 * 1024;

function flatten(headers: IncomingHttpHeaders): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined) flat[name] = typeof value === "string" ? value : value.join(",");
  }
  return flat;
}

function readBody(from: IncomingMessage | ServerHttp2Stream, done: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  from.on("data", (chunk: Buffer) => chunks.push(chunk));
  from.on("end", () => done(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
}

/** Serves the APIs on a free port of 127.0.0.1. `url` is what AWS_ENDPOINT_URL wants; `close` ends open connections too. */
export async function startEndpoint(
  apis: readonly (JsonApi | HttpApi)[],
  deps: { principals: Principals; authorizer: Authorizer },
): Promise<{ url: string; close(): Promise<void> }> {
  const answer = dispatcher(apis, deps);

  const http1 = createHttp1Server((incoming, outgoing) => {
    readBody(incoming, (body) => {
      const { method = "GET", url: target = "/" } = incoming;
      void answer({ method, target, headers: flatten(incoming.headers), body }).then((response) => {
        if (outgoing.destroyed) return;
        outgoing.writeHead(response.status, withLength(response, method));
        outgoing.end(method === "HEAD" ? undefined : response.body);
      });
    });
  });
  // An SDK keeps its connections for longer than Node's five seconds, and would meet a reset now and then.
  http1.keepAliveTimeout = 0;

  // The default window of 64 KiB stops a PutRecords of half a megabyte seven times.
  const http2 = createHttp2Server({ settings: { initialWindowSize: 16 * MIB, maxConcurrentStreams: 1000 } });
  http2.on("session", (session) => session.setLocalWindowSize(64 * MIB));
  http2.on("stream", (stream, pseudo) => {
    // A client that goes away in mid-request is its own affair.
    stream.on("error", () => undefined);
    readBody(stream, (body) => {
      const { ":method": method = "GET", ":path": target = "/", ":authority": authority, ...rest } = pseudo;
      const headers = flatten(rest);
      if (authority !== undefined) {
        headers[":authority"] = authority;
        headers["host"] ??= authority;
      }
      const request: RawRequest = { method, target, headers, body };
      void answer(request).then((response) => {
        if (stream.destroyed) return;
        stream.respond(
          { ":status": response.status, ...withLength(response, method) },
          { endStream: method === "HEAD" },
        );
        if (method !== "HEAD") stream.end(response.body);
      });
    });
  });

  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    socket.once("data", (first) => {
      // Stop the flow until the chosen server has its listeners on, and give it the bytes already taken.
      socket.pause();
      socket.unshift(first);
      const isHttp2 = first.toString("latin1", 0, HTTP2_PREFACE.length) === HTTP2_PREFACE;
      (isHttp2 ? http2 : http1).emit("connection", socket);
      if (!isHttp2) socket.resume();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The local endpoint has no TCP port");

  let closed: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      (closed ??= new Promise((resolve) => {
        server.close(() => resolve());
        // An end in order: a reset would reach clients that are just closing as an error.
        for (const socket of sockets) socket.destroySoon();
      })),
  };
}

/** The length of the body, unless the service says it (as for HEAD, where it is the object's). */
function withLength(
  response: { headers: Record<string, string>; body: Buffer | string },
  method: string,
): Record<string, string> {
  if (method === "HEAD" || "content-length" in response.headers) return response.headers;
  return { ...response.headers, "content-length": String(Buffer.byteLength(response.body)) };
}
