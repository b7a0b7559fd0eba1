/**
 * Security Token Service: who am I, and taking a role.
 * https://docs.aws.amazon.com/STS/latest/APIReference/ (Query protocol: a form in, XML out)
 */
import { createHash, randomUUID } from "node:crypto";
import { AwsError, type Call, type HttpResponse, type LocalService, type Surroundings } from "../core/service";

const NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/";
const DEFAULT_SECONDS = 3600;

type Xml = { readonly [name: string]: string | Xml };

const escape = (text: string): string => text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);

const render = (xml: Xml): string =>
  Object.entries(xml)
    .map(([name, value]) => `<${name}>${typeof value === "string" ? escape(value) : render(value)}</${name}>`)
    .join("");

const respond = (status: number, name: string, content: Xml): HttpResponse => ({
  status,
  headers: { "content-type": "text/xml" },
  body: `<${name} xmlns="${NAMESPACE}">${render(content)}</${name}>`,
});

/** A role's session carries the role's name without its path. */
const sessionArn = (roleArn: string, session: string): string => {
  const [, , , , account = "", role = ""] = roleArn.split(":");
  return `arn:aws:sts::${account}:assumed-role/${role.split("/").at(-1) ?? ""}/${session}`;
};

const roleId = (roleArn: string): string =>
  "AROA" + createHash("sha256").update(roleArn).digest("hex").slice(0, 17).toUpperCase();

function getCallerIdentity(parameters: URLSearchParams, { principal }: Call): Xml {
  only(parameters, []);
  const { arn, account: Account } = principal;
  if (arn.endsWith(":root")) return { Arn: arn, UserId: Account, Account };
  // All credentials of a role are one session here.
  return { Arn: sessionArn(arn, "local"), UserId: `${roleId(arn)}:local`, Account };
}

function assumeRole(parameters: URLSearchParams, call: Call, { principals }: Surroundings): Xml {
  only(parameters, ["RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds"]);
  const roleArn = required(parameters, "RoleArn", /^arn:aws:iam::\d{12}:role\/[\w+=,.@/-]+$/);
  const session = required(parameters, "RoleSessionName", /^[\w+=,.@-]{2,64}$/);
  const seconds = Number(parameters.get("DurationSeconds") ?? DEFAULT_SECONDS);
  if (!Number.isInteger(seconds) || seconds < 900 || seconds > 43_200) throw invalid("DurationSeconds");
  const externalId = parameters.get("ExternalId");
  call.authorize("sts:AssumeRole", roleArn, externalId === null ? {} : { "sts:ExternalId": externalId });
  const { accessKeyId, secretAccessKey } = principals.mint(roleArn);
  return {
    AssumedRoleUser: { AssumedRoleId: `${roleId(roleArn)}:${session}`, Arn: sessionArn(roleArn, session) },
    Credentials: {
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      // Clients send it along; who they are is known by the access key.
      SessionToken: "local",
      Expiration: new Date(Date.now() + seconds * 1000).toISOString(),
    },
  };
}

const invalid = (name: string): AwsError =>
  new AwsError("ValidationError", `The value of ${name} is missing or not of the form that AWS documents.`);

function required(parameters: URLSearchParams, name: string, form: RegExp): string {
  const value = parameters.get(name);
  if (value === null || !form.test(value)) throw invalid(name);
  return value;
}

function only(parameters: URLSearchParams, names: readonly string[]): void {
  const unknown = [...parameters.keys()].find((name) => !["Action", "Version", ...names].includes(name));
  if (unknown !== undefined) {
    throw new AwsError("ValidationError", `local sts: the parameter ${unknown} is not supported.`);
  }
}

export function stsService(surroundings: Surroundings): LocalService {
  const answer = (parameters: URLSearchParams, call: Call): HttpResponse => {
    const action = parameters.get("Action") ?? "";
    const result = (content: Xml): HttpResponse =>
      respond(200, `${action}Response`, {
        [`${action}Result`]: content,
        ResponseMetadata: { RequestId: randomUUID() },
      });
    if (action === "GetCallerIdentity") return result(getCallerIdentity(parameters, call));
    if (action === "AssumeRole") return result(assumeRole(parameters, call, surroundings));
    throw new AwsError("InvalidAction", `local sts: the operation ${action} is not supported.`);
  };
  return {
    apis: [
      {
        protocol: "http",
        signingName: "sts",
        async handle({ body, query }, call) {
          return answer(new URLSearchParams(body.length > 0 ? body.toString("utf8") : query), call);
        },
        renderError: ({ code, message, status }) =>
          respond(status, "ErrorResponse", {
            Error: { Type: status < 500 ? "Sender" : "Receiver", Code: code, Message: message },
            RequestId: randomUUID(),
          }),
      },
    ],
    providers: {},
  };
}
