/**
 * Runs inside the process of one execution environment, in the place of AWS's runtime interface client: loads the function
 * from its archive, and answers one event after the other over file descriptor 3. Plain JavaScript, because the process
 * knows nothing of our sources. What it imitates: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html
 *
 * A frame is its length (4 bytes, big endian) and as many bytes of UTF-8. To us: a line of JSON `{requestId, deadline}`,
 * and the event. From us: a letter (R ready, I failed to load, S result, E error, X error and end of the process) and JSON.
 */
"use strict";
/* eslint-disable no-console -- what the function says is its log */
const fs = require("node:fs");
const Module = require("node:module");
const net = require("node:net");
const path = require("node:path");
const util = require("node:util");

const { env } = process;
const root = fs.realpathSync(env.LAMBDA_TASK_ROOT);
const channel = new net.Socket({ fd: 3 });
let requestId;

// Whoever started us is gone: nobody waits for an answer.
channel.on("close", () => process.exit());
channel.on("error", () => process.exit());
// Ctrl-C reaches the whole group; the cloud ends its environments itself, in order.
process.on("SIGINT", () => undefined);

function send(kind, json, sent) {
  const body = Buffer.from(kind + json);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  channel.cork();
  channel.write(head);
  channel.write(body, sent);
  channel.uncork();
}

const errorOf = (error, type) =>
  JSON.stringify(
    error instanceof Error
      ? { errorType: type ?? error.name, errorMessage: error.message, trace: (error.stack ?? "").split("\n") }
      : { errorType: type ?? typeof error, errorMessage: util.format(error), trace: [] },
  );

/** JSON shows nothing of an error by itself; as aws-lambda-nodejs-runtime-interface-client writes one. */
const showErrors = (_, value) =>
  value instanceof Error
    ? { errorType: value.constructor.name, errorMessage: value.message, stackTrace: (value.stack ?? "").split("\n") }
    : value;

/** Console lines as Lambda writes them (docs, "Configuring JSON and plain text log formats"). */
function writeLogs() {
  const levels = ["TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL"];
  const json = env.AWS_LAMBDA_LOG_FORMAT === "JSON";
  const lowest = json ? levels.indexOf(env.AWS_LAMBDA_LOG_LEVEL) : 0;
  const write = (level, values) => {
    if (levels.indexOf(level) < lowest) return;
    const timestamp = new Date().toISOString();
    const message = values.length === 1 && json && typeof values[0] === "object" ? values[0] : util.format(...values);
    const line = json
      ? JSON.stringify({ timestamp, level, requestId, message }, showErrors)
      : `${timestamp}\t${requestId ?? "undefined"}\t${level}\t${message}`;
    process.stdout.write(line + "\n");
  };
  const names = { log: "INFO", trace: "TRACE", debug: "DEBUG", info: "INFO", warn: "WARN", error: "ERROR" };
  for (const [name, level] of Object.entries(names)) console[name] = (...values) => write(level, values);
}

/** The function may load what Lambda has: Node's modules, AWS's SDK, and what lies in its archive. Nothing else. */
function guardModules() {
  const resolve = Module._resolveFilename;
  const inArchive = (file) => file.startsWith(root + path.sep);
  const refuse = (request, hint) => {
    const error = new Error(
      `Cannot find module '${request}': it is neither in the function's archive nor in Lambda's runtime. ${hint}`,
    );
    error.code = "MODULE_NOT_FOUND";
    throw error;
  };
  Module._resolveFilename = function (request, parent, ...rest) {
    if (request.startsWith("@pulumi/")) {
      refuse(request, "The handler captures something of Pulumi's: give it plain values instead.");
    }
    const file = resolve.call(this, request, parent, ...rest);
    const asked = parent?.filename;
    const free = Module.isBuiltin(request) || /^@(aws-sdk|smithy)\//.test(request);
    if (asked && inArchive(asked) && !free && !inArchive(file))
      refuse(request, "It would have to be packed with the function.");
    return file;
  };
}

function load() {
  const dot = env._HANDLER.lastIndexOf(".");
  const handler = require(path.join(root, env._HANDLER.slice(0, dot) + ".js"))[env._HANDLER.slice(dot + 1)];
  if (typeof handler === "function") return handler;
  const error = new Error(`${env._HANDLER} is undefined or not exported`);
  error.name = "Runtime.HandlerNotFound";
  throw error;
}

async function answer(handler, body) {
  const lineEnd = body.indexOf(10);
  const head = JSON.parse(body.toString("utf8", 0, lineEnd));
  requestId = head.requestId;
  const refuse = () => {
    throw new Error("local lambda: the handler gives its result by callback; only async handlers are supported.");
  };
  try {
    const context = {
      awsRequestId: requestId,
      functionName: env.AWS_LAMBDA_FUNCTION_NAME,
      functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
      invokedFunctionArn: head.functionArn,
      memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
      logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
      logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
      callbackWaitsForEmptyEventLoop: true,
      getRemainingTimeInMillis: () => head.deadline - Date.now(),
    };
    const result = handler(JSON.parse(body.toString("utf8", lineEnd + 1)), context, refuse);
    if (typeof result?.then !== "function") refuse();
    send("S", JSON.stringify(await result) ?? "null");
  } catch (error) {
    console.error(error);
    send("E", errorOf(error));
  }
}

function listen(handler) {
  let chunks = [];
  let size = 0;
  channel.on("data", (chunk) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size < 4) return;
    if (chunks[0].length < 4) chunks = [Buffer.concat(chunks)];
    const length = chunks[0].readUInt32BE();
    if (size < length + 4) return;
    // The next event comes only after our answer to this one.
    const frame = chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, size);
    chunks = [];
    size = 0;
    void answer(handler, frame.subarray(4));
  });
}

/** Ends the process as Lambda ends one whose state can no longer be trusted. */
const end = (kind, error, type) => {
  console.error(error);
  send(kind, errorOf(error, type), () => process.exit(1));
};

writeLogs();
guardModules();
process.on("uncaughtException", (error) => end("X", error));
process.on("unhandledRejection", (error) => end("X", error, "Runtime.UnhandledPromiseRejection"));
try {
  listen(load());
  send("R", "");
} catch (error) {
  end("I", error, error?.code === "MODULE_NOT_FOUND" ? "Runtime.ImportModuleError" : undefined);
}
