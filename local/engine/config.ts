/** The project's and the stack's settings files, as the Pulumi CLI reads them. */
import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";

export interface Project {
  /** The folder of Pulumi.yaml; the program runs there. */
  readonly folder: string;
  readonly name: string;
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function readYaml(file: string): Record<string, unknown> {
  let content: unknown;
  try {
    content = parse(fs.readFileSync(file, "utf8"));
  } catch (error) {
    throw new Error(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (content === null) return {};
  if (!isMap(content)) throw new Error(`${file}: expected a map of settings at the top`);
  return content;
}

/** The project a program belongs to: the nearest Pulumi.yaml above it. */
export function findProject(program: string): Project {
  for (let folder = path.dirname(program); ; folder = path.dirname(folder)) {
    const file = path.join(folder, "Pulumi.yaml");
    if (fs.existsSync(file)) {
      const { name, config } = readYaml(file);
      if (typeof name !== "string") throw new Error(`${file}: found no name, expected the project's`);
      if (config !== undefined)
        throw new Error(`${file}: settings of the whole project (config) are not supported locally`);
      return { folder, name };
    }
    if (path.dirname(folder) === folder) throw new Error(`No Pulumi.yaml above ${program}: it belongs to no project`);
  }
}

const holdsSecure = (value: unknown): boolean =>
  isMap(value)
    ? ("secure" in value && Object.keys(value).length === 1) || Object.values(value).some(holdsSecure)
    : Array.isArray(value) && value.some(holdsSecure);

/** A setting as the program receives it: text as it is, everything else as JSON. */
function textOf(key: string, value: unknown, file: string): string {
  if (value === null || value === undefined) throw new Error(`${file}, ${key}: found nothing, expected a value`);
  if (holdsSecure(value)) {
    throw new Error(
      `${file}, ${key}: an encrypted value cannot be read without Pulumi's key; give the local run another for this key`,
    );
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

/**
 * The settings in Pulumi.<stack>.yaml (none if there is no such file) with `overrides` in their place, by full key
 * (`tributary:source`). An overridden value is not even looked at, so that it may be an encrypted one.
 */
export function stackConfig(
  project: Project,
  stack: string,
  overrides: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const file = path.join(project.folder, `Pulumi.${stack}.yaml`);
  const given = fs.existsSync(file) ? (readYaml(file)["config"] ?? {}) : {};
  if (!isMap(given)) throw new Error(`${file}, config: expected a map of settings`);
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries({ ...given, ...overrides })) {
    if (!/^[^:]+:[^:]+$/.test(key)) throw new Error(`${file}, ${key}: expected a key such as ${project.name}:${key}`);
    config[key] = textOf(key, value, key in overrides ? "the local run's settings" : file);
  }
  return config;
}
