/** The file with the authority that signed the monolith's certificate, as the settings name it. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import * as path from "node:path";
import { projectFolder } from "./project";

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @param file as in the settings: from the project's folder. @throws Error saying what is wrong with it */
export function readCertificates(file: string): string {
  const absolute = path.resolve(projectFolder(), file);
  let pem: string;
  try {
    pem = readFileSync(absolute, "utf8");
  } catch {
    throw new Error(`there is no file ${absolute}`);
  }
  const blocks = pem.match(BLOCK) ?? [];
  if (blocks.length === 0) throw new Error(`${absolute} holds no PEM certificate`);
  for (const [index, block] of blocks.entries()) {
    let authority: X509Certificate;
    try {
      authority = new X509Certificate(block);
    } catch {
      throw new Error(`certificate ${index + 1} of ${absolute} cannot be read`);
    }
    // A server's own certificate would work until it is renewed.
    if (!authority.ca) throw new Error(`certificate ${index + 1} of ${absolute} is not one of an authority`);
  }
  return blocks.join("\n");
}

/** For a message: undefined if the file is good. */
export function problemOfCertificates(file: string): string | undefined {
  try {
    readCertificates(file);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
