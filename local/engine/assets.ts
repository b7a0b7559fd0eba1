/**
 * Assets and archives of the program as files: what Pulumi would zip and upload is laid out in a folder named by its
 * content, so that the same code is the same folder and a changed one differs in the resource's inputs.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { zipSync, type Zippable } from "fflate";
import { isArchive, isAsset, type Marked } from "./wire";

/** What a resource's provider gets in the place of an archive. */
export interface ExpandedArchive {
  /** Absolute path of the folder that holds the archive's files. */
  readonly folder: string;
  /** Size of the zip file that would be uploaded. */
  readonly zipBytes: number;
  /** SHA-256 over names and contents, in hex. */
  readonly hash: string;
}

/** What a resource's provider gets in the place of an asset. */
export interface WrittenAsset {
  readonly file: string;
  readonly bytes: number;
  readonly hash: string;
}

type Files = Map<string, Buffer>;

/** `base` is where relative paths begin: the project's folder. */
function contentOf(asset: Marked, base: string): Buffer {
  const { text, path: file, uri } = asset;
  if (typeof text === "string") return Buffer.from(text);
  if (typeof file === "string") return fs.readFileSync(path.resolve(base, file));
  throw new Error(`An asset from ${JSON.stringify(uri)} is not supported locally: use a file or a text`);
}

function addFolder(files: Files, folder: string, prefix: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true })) {
    const from = path.join(folder, entry.name);
    const name = path.posix.join(prefix, entry.name);
    // A link in node_modules may point anywhere; what it points to is what is uploaded.
    const stat = fs.statSync(from);
    if (stat.isDirectory()) addFolder(files, from, name);
    else files.set(name, fs.readFileSync(from));
  }
}

function addArchive(files: Files, archive: Marked, prefix: string, base: string): void {
  const { assets, path: location, uri } = archive;
  if (typeof location === "string") {
    const from = path.resolve(base, location);
    if (!fs.statSync(from).isDirectory())
      throw new Error(`The archive ${location} is not a folder: only folders are supported locally`);
    return addFolder(files, from, prefix);
  }
  if (typeof assets !== "object" || assets === null) {
    throw new Error(`An archive from ${JSON.stringify(uri)} is not supported locally: use files or a folder`);
  }
  for (const [key, value] of Object.entries(assets)) {
    const name = path.posix.join(prefix, key);
    if (name.startsWith("..")) throw new Error(`The archive has a file outside itself: ${key}`);
    if (isArchive(value)) addArchive(files, value, name, base);
    else if (isAsset(value)) files.set(name, contentOf(value, base));
    else throw new Error(`The archive's "${key}" is neither an asset nor an archive`);
  }
}

/** Writes under its final name only what is complete: another run may look for it at any time. */
function publish(target: string, write: (draft: string) => void): void {
  if (fs.existsSync(target)) return;
  const draft = `${target}.new`;
  fs.rmSync(draft, { recursive: true, force: true });
  write(draft);
  fs.renameSync(draft, target);
}

/** `store` is a folder of ours; see `ExpandedArchive` and `WrittenAsset` for what comes of it. */
export function materialise(value: Marked, store: string, base: string): ExpandedArchive | WrittenAsset {
  fs.mkdirSync(store, { recursive: true });
  if (isAsset(value)) {
    const content = contentOf(value, base);
    const hash = createHash("sha256").update(content).digest("hex");
    const file = path.join(store, hash);
    publish(file, (draft) => fs.writeFileSync(draft, content));
    return { file, bytes: content.length, hash };
  }
  const files: Files = new Map();
  addArchive(files, value, "", base);
  const digest = createHash("sha256");
  const zip: Zippable = {};
  for (const name of [...files.keys()].sort()) {
    const content = files.get(name) ?? Buffer.alloc(0);
    digest.update(`${name}\0${content.length}\0`).update(content);
    zip[name] = content;
  }
  const hash = digest.digest("hex");
  const folder = path.join(store, hash);
  publish(folder, (draft) => {
    fs.mkdirSync(draft);
    for (const [name, content] of files) {
      const file = path.join(draft, name);
      fs.mkdirSync(path.dirname(file), { recursive: true });
      fs.writeFileSync(file, content);
    }
  });
  return { folder, zipBytes: zipSync(zip).length, hash };
}
