/** docs/runbook.md as the alarms know it: what a person is sent to must be there. */
import { readFileSync } from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { projectFolder } from "./project";

export const RUNBOOK = "docs/runbook.md";

/** The anchor that GitHub gives a heading. */
const anchorOf = (heading: string): string =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, "")
    .replace(/\s/g, "-");

/** Entries are headings of the third level: `### Heading`. */
export const anchorsOf = (markdown: string): string[] =>
  [...markdown.matchAll(/^### (.+)$/gm)].map(([, heading = ""]) => anchorOf(heading));

export const readRunbook = (): string => readFileSync(path.join(projectFolder(), RUNBOOK), "utf8");

let anchors: readonly string[] | undefined;

/**
 * Where an alarm's entry is, for its description.
 * @throws RunError if there is none: an alarm that nobody knows what to do about wakes people for nothing.
 */
export function runbookEntry(alarm: string, anchor: string): string {
  anchors ??= anchorsOf(readRunbook());
  if (anchors.includes(anchor)) return `${RUNBOOK}#${anchor}`;
  throw new pulumi.RunError(
    `The alarm "${alarm}" has no entry in ${RUNBOOK}: expected a heading ### with the anchor "${anchor}".`,
  );
}
