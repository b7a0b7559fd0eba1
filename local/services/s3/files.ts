/**
 * Objects as files: `<folder>/<bucket>/<key>`, so that DuckDB reads a bucket with a glob. What no file can be named is
 * refused. Nothing is seen half written: a file is made elsewhere in the folder and renamed.
 */
import { createHash, hash, randomUUID } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { AwsError } from "../../core/service";

const MAX_NAME_BYTES = 255;
/** Beside the buckets; no bucket's name begins with a dot. */
const DRAFTS = ".drafts";
/** A folder a bucket, in it the versions that are not current. */
const VERSIONS = ".versions";
const READ_BYTES = 1024 * 1024;

export interface Written {
  readonly size: number;
  /** Hex. */
  readonly md5: string;
}

const cannot = (key: string, why: string): AwsError =>
  new AwsError(
    "NotImplemented",
    `local s3: the key "${key}" is not supported: objects are files here, and ${why}.`,
    501,
  );

function checkKey(key: string): void {
  if (Buffer.byteLength(key) > 1024) throw new AwsError("KeyTooLongError", "Your key is too long");
  for (const name of key.split("/")) {
    if (name === "") throw cannot(key, "a part of the path would have no name");
    if (name === "." || name === "..") throw cannot(key, `"${name}" means another folder`);
    if (name.includes("\0")) throw cannot(key, "a file's name has no NUL character");
    if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw cannot(key, `a name has at most ${MAX_NAME_BYTES} bytes`);
  }
}

function digestFile(file: string): Written {
  const digest = createHash("md5");
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  const handle = fs.openSync(file, "r");
  try {
    let size = 0;
    for (let read; (read = fs.readSync(handle, buffer)) > 0; size += read) digest.update(buffer.subarray(0, read));
    return { size, md5: digest.digest("hex") };
  } finally {
    fs.closeSync(handle);
  }
}

export class ObjectFiles {
  constructor(private readonly root: string) {}

  folder(bucket: string): string {
    return path.join(this.root, bucket);
  }

  /** An empty folder for a new bucket. */
  createBucket(bucket: string): void {
    this.removeBucket(bucket);
    fs.mkdirSync(this.folder(bucket), { recursive: true });
  }

  removeBucket(bucket: string): void {
    for (const folder of [this.folder(bucket), path.join(this.root, VERSIONS, bucket)])
      fs.rmSync(folder, { recursive: true, force: true });
  }

  /** The name of a file to be, for `place`. */
  draft(): string {
    const drafts = path.join(this.root, DRAFTS);
    fs.mkdirSync(drafts, { recursive: true });
    return path.join(drafts, randomUUID());
  }

  /** Throws when the key cannot be a file; `isNew` says that the bucket has no such object yet. */
  check(bucket: string, key: string, isNew: boolean): void {
    checkKey(key);
    const file = this.file(bucket, key);
    for (let above = path.dirname(key); above !== "."; above = path.dirname(above)) {
      const stat = fs.statSync(this.file(bucket, above), { throwIfNoEntry: false });
      if (stat?.isDirectory()) break;
      if (stat !== undefined) throw cannot(key, `"${above}" is an object already and cannot be a folder too`);
    }
    const stat = fs.statSync(file, { throwIfNoEntry: false });
    if (stat?.isDirectory()) throw cannot(key, "there is a folder of that name, with objects in it");
    // As on a disk that does not tell upper case from lower.
    if (stat !== undefined && isNew) throw cannot(key, "this disk takes it for the name of another object");
  }

  write(bucket: string, key: string, content: Buffer): Written {
    const draft = this.draft();
    fs.writeFileSync(draft, content);
    this.publish(draft, bucket, key);
    return { size: content.length, md5: createHash("md5").update(content).digest("hex") };
  }

  /** Moves a finished file into the bucket. */
  place(file: string, bucket: string, key: string): Written {
    const written = digestFile(file);
    try {
      this.publish(file, bucket, key);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EXDEV")) throw error;
      const draft = this.draft();
      fs.copyFileSync(file, draft);
      this.publish(draft, bucket, key);
      fs.rmSync(file);
    }
    return written;
  }

  /** Puts the contents of several files, in order, into one draft and names it. */
  join(files: readonly string[]): string {
    const draft = this.draft();
    fs.writeFileSync(draft, "");
    for (const file of files) fs.appendFileSync(draft, fs.readFileSync(file));
    return draft;
  }

  /** Bytes from `start` up to but without `end`, of the current version or of an archived one. */
  read(bucket: string, key: string, start: number, end: number, archived?: string): Buffer {
    const file = archived === undefined ? this.file(bucket, key) : this.version(bucket, key, archived);
    const content = Buffer.allocUnsafe(end - start);
    const handle = fs.openSync(file, "r");
    try {
      for (let at = 0; at < content.length;) {
        const read = fs.readSync(handle, content, at, content.length - at, start + at);
        if (read === 0) throw new Error(`${file} is shorter than the object that it holds`);
        at += read;
      }
      return content;
    } finally {
      fs.closeSync(handle);
    }
  }

  /** Takes the current version out of the way; `read` finds it by `id`. */
  archive(bucket: string, key: string, id: string): void {
    const file = this.version(bucket, key, id);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.renameSync(this.file(bucket, key), file);
  }

  /** Removes the file, and the folders that are empty without it: their names may become keys. */
  remove(bucket: string, key: string): void {
    fs.rmSync(this.file(bucket, key), { force: true });
    for (let above = path.dirname(key); above !== "."; above = path.dirname(above)) {
      if (fs.readdirSync(this.file(bucket, above)).length > 0) break;
      fs.rmdirSync(this.file(bucket, above));
    }
  }

  private file(bucket: string, key: string): string {
    return path.join(this.root, bucket, key);
  }

  /** Many keys may have a version `null`. */
  private version(bucket: string, key: string, id: string): string {
    return path.join(this.root, VERSIONS, bucket, `${hash("sha256", key)}.${id}`);
  }

  private publish(draft: string, bucket: string, key: string): void {
    const file = this.file(bucket, key);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.renameSync(draft, file);
  }
}
