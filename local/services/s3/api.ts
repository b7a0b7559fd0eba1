/** From method, path and query to the operation, and from an error to S3's XML; its fields in lower case are headers. */
import type { AwsError, Call, HttpApi, HttpResponse } from "../../core/service";
import { bucketOperations } from "./bucketOperations";
import { multipartOperations } from "./multipart";
import { objectOperations, XML } from "./objectOperations";
import { notImplemented, parseRequest, type S3Request } from "./request";
import type { Store } from "./store";
import { errorDocument } from "./xml";

type Operation = (request: S3Request, call: Call) => HttpResponse;

/** Parameters that name an operation, or a part of one, and not a detail. */
const SUBRESOURCES = ["location", "delete", "list-type", "uploads", "uploadId"];

export function s3Api(store: Store): HttpApi {
  const buckets = bucketOperations(store);
  const objects = objectOperations(store);
  const multipart = multipartOperations(store);
  const onBucket: Readonly<Record<string, Operation>> = {
    HEAD: buckets.head,
    "GET location": buckets.location,
    "GET list-type": buckets.listObjects,
    "POST delete": buckets.deleteObjects,
  };
  const onObject: Readonly<Record<string, Operation>> = {
    PUT: (request, call) =>
      request.headers["x-amz-copy-source"] === undefined ? objects.put(request, call) : objects.copy(request, call),
    GET: objects.get,
    HEAD: objects.get,
    DELETE: objects.remove,
    "POST uploads": multipart.create,
    "PUT uploadId": (request, call) =>
      request.headers["x-amz-copy-source"] === undefined
        ? multipart.uploadPart(request, call)
        : multipart.copyPart(request, call),
    "POST uploadId": multipart.complete,
    "DELETE uploadId": multipart.abort,
    "GET uploadId": multipart.listParts,
  };

  function operationOf(request: S3Request): Operation {
    const { method, query, bucket, key } = request;
    if (bucket === "" && method === "GET") return buckets.listBuckets;
    const name = [method, ...SUBRESOURCES.filter((parameter) => query.has(parameter))].join(" ");
    const operation = (key === "" ? onBucket : onObject)[name];
    if (operation !== undefined) return operation;
    const parameters = [...query.keys()].filter((parameter) => parameter !== "x-id").join("&");
    const what = key === "" ? "a bucket" : "an object";
    throw notImplemented(`${method} ${parameters === "" ? "" : `with ?${parameters} `}on ${what}`);
  }

  return {
    protocol: "http",
    signingName: "s3",
    handle: async (request, call) => {
      const parsed = parseRequest(request);
      store.meter.request(parsed);
      return operationOf(parsed)(parsed, call);
    },
    renderError,
  };
}

/** Codes of KMS and of the authorizer as S3 passes them on. */
const PASSED_ON: Readonly<Record<string, { code: string; status: number }>> = {
  AccessDeniedException: { code: "AccessDenied", status: 403 },
  NotFoundException: { code: "KMS.NotFoundException", status: 400 },
};

export function renderError(error: AwsError): HttpResponse {
  const { code, status } = PASSED_ON[error.code] ?? error;
  // HTTP allows no body here.
  if (status === 304) return { status };
  const details = Object.entries(error.fields).map(([name, value]) => [name, String(value)] as const);
  const isHeader = ([name]: readonly [string, string]): boolean => /^[a-z]/.test(name);
  const content = { Code: code, Message: error.message };
  return {
    status,
    headers: { ...XML, ...Object.fromEntries(details.filter(isHeader)) },
    body: errorDocument({ ...content, ...Object.fromEntries(details.filter((detail) => !isHeader(detail))) }),
  };
}
