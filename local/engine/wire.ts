/**
 * Values as Pulumi writes them on the wire: objects with a signature stand for secrets, assets, archives and resources.
 * https://github.com/pulumi/pulumi/blob/master/sdk/nodejs/runtime/rpc.ts
 */
const SIGNATURE = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const ASSET = "c44067f5952c0a294b673a41bacd8c17";
const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";

export type Marked = Record<string, unknown> & { readonly [SIGNATURE]: string };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

function signatureOf(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const signature = value[SIGNATURE];
  return typeof signature === "string" ? signature : undefined;
}

export const isAsset = (value: unknown): value is Marked => signatureOf(value) === ASSET;
export const isArchive = (value: unknown): value is Marked => signatureOf(value) === ARCHIVE;

export const markSecret = (value: unknown): unknown => ({ [SIGNATURE]: SECRET, value });

export function holdsSecret(value: unknown): boolean {
  if (signatureOf(value) === SECRET) return true;
  return isObject(value) && Object.values(value).some(holdsSecret);
}

/**
 * The plain value: secrets unwrapped however deep, a resource as its id (its URN if it is a component), what is null left
 * out of objects as Pulumi's providers do. Assets and archives are what `convert` makes of them.
 */
export function plain(value: unknown, convert: (asset: Marked) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => plain(element, convert));
  if (!isObject(value)) return value;
  const signature = signatureOf(value);
  if (signature === SECRET) return plain(value["value"], convert);
  if (signature === ASSET || signature === ARCHIVE) return convert(value as Marked);
  if (signature === RESOURCE) return value["id"] ?? value["urn"];
  if (signature !== undefined) throw new Error(`A value of a kind the engine does not know (signature ${signature})`);
  const result: Record<string, unknown> = {};
  for (const [name, element] of Object.entries(value)) {
    if (element !== null) result[name] = plain(element, convert);
  }
  return result;
}

export const plainObject = (
  value: Record<string, unknown>,
  convert: (asset: Marked) => unknown,
): Record<string, unknown> => plain(value, convert) as Record<string, unknown>;
