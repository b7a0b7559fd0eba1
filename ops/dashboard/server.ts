/** Serves pages to whoever sits at this machine, and to nobody else. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { CannotRun, explain } from "../command";
import type { Html } from "./markup";

/** Somebody else listens there. */
export class PortTaken extends CannotRun {}

/** By path. */
export type Pages = Readonly<Record<string, () => AsyncIterable<Html>>>;

export interface Site {
  readonly url: string;
  /** Once it is closed; rejects with a mistake of ours, which a page must not hide. */
  readonly ended: Promise<void>;
  /** Ends it and every connection to it. */
  close(): Promise<void>;
}

const HOST = "127.0.0.1";
/**
 * What a browser calls us. A page of somewhere else whose name leads here (DNS rebinding) would read the KPIs under its own
 * name. The port may be another: that of an SSH tunnel.
 */
const NAMES = /^(127\.0\.0\.1|localhost)(:\d+)?$/;

/**
 * @param port 0 for any that is free
 * @throws PortTaken
 */
export async function serve(port: number, pages: Pages): Promise<Site> {
  const server = createServer();
  const ended = new Promise<void>((resolve, reject) => {
    server.once("close", resolve);
    server.on("request", (request, response) => {
      answer(request, response, pages).catch((error: unknown) => {
        response.destroy();
        reject(error);
      });
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("listening", resolve);
    server.once("error", (error: NodeJS.ErrnoException) => {
      const taken = `Port ${port} is taken, by another dashboard or npm start perhaps: choose one with --port.`;
      reject(error.code === "EADDRINUSE" ? new PortTaken(taken) : error);
    });
    server.listen(port, HOST);
  });
  const address = server.address();
  const actual = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://${HOST}:${actual}/`,
    ended,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  { method, url = "", headers }: IncomingMessage,
  response: ServerResponse,
  pages: Pages,
): Promise<void> {
  const refuse = (status: number, text: string): void => {
    response.writeHead(status, { "content-type": "text/plain; charset=utf-8" }).end(`${text}\n`);
  };
  if (!NAMES.test(headers.host ?? "")) return refuse(421, `This is ${HOST}, for whoever sits at this machine.`);
  const page = pages[url];
  if (page === undefined) return refuse(404, "There is no such page.");
  if (method !== "GET") return refuse(405, "Pages can be read, nothing else.");
  try {
    for await (const { text } of page()) {
      if (response.destroyed) return;
      if (!response.headersSent) response.writeHead(200, HEADERS);
      response.write(text);
    }
    response.end();
  } catch (error) {
    // A KPI's file that cannot be read: whoever writes one looks at this page.
    const reason = explain(error);
    if (reason === undefined || response.headersSent) throw error;
    refuse(500, reason);
  }
}

const HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "SAMEORIGIN",
};
