/**
 * The resource monitor that Pulumi's runtime talks to, inside the program's process. It decides nothing: it forwards what
 * the program declares and gives back what the engine answers. The interface is Pulumi's gRPC service `ResourceMonitor` as
 * the runtime calls it in its mock mode (@pulumi/pulumi/runtime/mocks), which is internal: hence the exact version of
 * @pulumi/pulumi in package.json. google-protobuf comes with it.
 */
import * as provproto from "@pulumi/pulumi/proto/provider_pb";
import * as resproto from "@pulumi/pulumi/proto/resource_pb";
import * as structproto from "google-protobuf/google/protobuf/struct_pb";
import type { Registered, Registration, Request } from "./protocol";
import { markSecret, holdsSecret } from "./wire";

type Callback<T> = (error: Error | null, response?: T) => void;

const toStruct = (value: Record<string, unknown>): structproto.Struct =>
  // The declared parameter forgets that JSON nests; what comes over the channel is JSON.
  structproto.Struct.fromJavaScript(value as Parameters<typeof structproto.Struct.fromJavaScript>[0]);

const toPlain = (struct: structproto.Struct | undefined): Record<string, unknown> => struct?.toJavaScript() ?? {};

/** What the program may ask of the engine that would change the outcome, and that the engine does not do. */
function unsupported(request: resproto.RegisterResourceRequest): string[] {
  const options: [string, boolean][] = [
    ["import", request.getImportid() !== ""],
    ["replaceWith", request.getReplaceWithList().length > 0],
    ["replacementTrigger", request.getReplacementTrigger() !== undefined],
  ];
  return options.filter(([, given]) => given).map(([name]) => name);
}

function registration(request: resproto.RegisterResourceRequest): Registration {
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    remote: request.getRemote(),
    parent: request.getParent(),
    inputs: toPlain(request.getObject()),
    provider: request.getProvider(),
    dependencies: request.getDependenciesList(),
    protect: request.getProtect() ?? false,
    retainOnDelete: request.getRetainondelete() ?? false,
    deleteBeforeReplace: request.getDeletebeforereplacedefined() ? request.getDeletebeforereplace() : undefined,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    aliases: request.getAliasurnsList(),
    unsupported: unsupported(request),
  };
}

/** An output is as secret as the input of its name, so that the runtime refuses to capture it in a function's code. */
function keepSecrets(
  outputs: Record<string, unknown>,
  inputs: Record<string, unknown>,
  more: readonly string[],
): Record<string, unknown> {
  const kept = { ...outputs };
  for (const name of Object.keys(kept)) {
    if (more.includes(name) || holdsSecret(inputs[name])) kept[name] = markSecret(kept[name]);
  }
  return kept;
}

export class Monitor {
  constructor(private readonly ask: (request: Request) => Promise<unknown>) {}

  registerResource(
    request: resproto.RegisterResourceRequest,
    callback: Callback<resproto.RegisterResourceResponse>,
  ): void {
    const declared = registration(request);
    this.answer(callback, { kind: "register", registration: declared }, (result) => {
      const { urn, id, outputs } = result as Registered;
      const response = new resproto.RegisterResourceResponse();
      response.setUrn(urn);
      response.setId(id);
      response.setObject(toStruct(keepSecrets(outputs, declared.inputs, request.getAdditionalsecretoutputsList())));
      return response;
    });
  }

  readResource(request: resproto.ReadResourceRequest, callback: Callback<resproto.ReadResourceResponse>): void {
    const { type, name, parent, id } = {
      type: request.getType(),
      name: request.getName(),
      parent: request.getParent(),
      id: request.getId(),
    };
    this.answer(callback, { kind: "read", type, name, parent, id }, (result) => {
      const { urn, outputs } = result as Registered;
      const response = new resproto.ReadResourceResponse();
      response.setUrn(urn);
      response.setProperties(toStruct(outputs));
      return response;
    });
  }

  invoke(request: resproto.ResourceInvokeRequest, callback: Callback<provproto.InvokeResponse>): void {
    const inputs = toPlain(request.getArgs());
    this.answer(callback, { kind: "invoke", token: request.getTok(), inputs }, (result) => {
      const response = new provproto.InvokeResponse();
      response.setReturn(toStruct(result as Record<string, unknown>));
      return response;
    });
  }

  registerResourceOutputs(request: resproto.RegisterResourceOutputsRequest, callback: Callback<object>): void {
    const outputs = toPlain(request.getOutputs());
    this.answer(callback, { kind: "outputs", urn: request.getUrn(), outputs }, () => ({}));
  }

  /** Without structured aliases the runtime works out all former URNs itself, those inherited from parents too. */
  supportsFeature(
    request: resproto.SupportsFeatureRequest,
    callback: Callback<resproto.SupportsFeatureResponse>,
  ): void {
    const response = new resproto.SupportsFeatureResponse();
    response.setHassupport(FEATURES.includes(request.getId()));
    callback(null, response);
  }

  /** Packages by parameter (`pulumi package add`) have no provider here; the type of their resources says so. */
  registerPackage(
    _request: resproto.RegisterPackageRequest,
    callback: Callback<resproto.RegisterPackageResponse>,
  ): void {
    callback(null, new resproto.RegisterPackageResponse());
  }

  private answer<T>(callback: Callback<T>, request: Request, respond: (result: unknown) => T): void {
    this.ask(request).then(
      (result) => callback(null, respond(result)),
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }
}

/** Pulumi's names. Not among them: transforms and hooks (the runtime then refuses a program that uses them). */
const FEATURES = ["secrets", "resourceReferences", "deletedWith", "replaceWith", "parameterization"];
