/** The replication's version against the server's, and how long AWS keeps it. */
import type { Expected } from "../expected";
import type { Finding } from "../finding";
import type { Server } from "../source";

/** First DMS version for each PostgreSQL; before 13 any does. DMS guide, "Using a PostgreSQL database as a source". */
const FIRST: Readonly<Record<number, string>> = { 13: "3.4.3", 14: "3.4.7", 15: "3.5.1", 16: "3.5.3", 17: "3.6.1" };
const NEWEST = 17;

interface Life {
  /** After this day no new instance can be made with the version. */
  readonly lastCreation: string;
  /** From this day on AWS upgrades instances by itself. */
  readonly end: string;
}

/** DMS guide, "AWS DMS release notes", as of autumn 2026. AWS has moved these days before: hence never an error. */
const LIVES: Readonly<Record<string, Life>> = {
  "3.4.7": { lastCreation: "2024-09-30", end: "2024-10-31" },
  "3.5.1": { lastCreation: "2024-11-30", end: "2025-03-15" },
  "3.5.2": { lastCreation: "2025-03-30", end: "2025-04-29" },
  "3.5.3": { lastCreation: "2026-02-28", end: "2026-06-30" },
  "3.5.4": { lastCreation: "2027-01-31", end: "2027-03-31" },
  "3.6.0": { lastCreation: "2026-04-27", end: "2026-07-27" },
  "3.6.1": { lastCreation: "2027-04-30", end: "2027-06-30" },
};

const NOTICE_DAYS = 90;
const DAY = 86_400_000;

/** Below zero if `left` is the older one. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split(".").map(Number));
  for (let part = 0; part < 3; part++) {
    const difference = (a?.[part] ?? 0) - (b?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

const FIX =
  "Set tributary:replication.engineVersion in the stack's file to a newer version that DMS offers in the region.";

function compatibility({ version, versionNumber }: Server, { engineVersion }: Expected): Finding[] {
  const major = Math.floor(versionNumber / 10_000);
  if (major > NEWEST) {
    return [
      {
        check: "engine-version",
        level: "warning",
        what:
          `Whether DMS ${engineVersion} reads PostgreSQL ${version} is not known here: AWS' list, as preflight has it, ` +
          `ends with ${NEWEST} (DMS ${FIRST[NEWEST]}).`,
        fix: 'Look it up in the DMS guide, "Using a PostgreSQL database as a source", before the first start.',
      },
    ];
  }
  const first = FIRST[major];
  if (first === undefined || compareVersions(engineVersion, first) >= 0) return [];
  return [
    {
      check: "engine-version",
      level: "error",
      what: `PostgreSQL ${version} needs DMS ${first} or later, and the replication instance has ${engineVersion}.`,
      fix: FIX,
    },
  ];
}

function life({ engineVersion, today }: Expected): Finding[] {
  const at = { check: "engine-end" } as const;
  const known = LIVES[engineVersion];
  if (known === undefined) {
    const what = `How long AWS keeps DMS ${engineVersion} is not known here.`;
    return [{ ...at, level: "note", what, fix: 'Look it up in the DMS guide, "AWS DMS release notes".' }];
  }
  const { lastCreation, end } = known;
  const upgrade = "AWS upgrades the instance by itself in a maintenance window, whatever autoMinorVersionUpgrade says";
  if (today > end) {
    const what = `DMS ${engineVersion} ended on ${end}: ${upgrade}, and no new one can be made with it.`;
    return [{ ...at, level: "warning", what, fix: FIX }];
  }
  if (today > lastCreation) {
    const what = `Since ${lastCreation} no new instance can be made with DMS ${engineVersion}; on ${end} it ends: then ${upgrade}.`;
    return [{ ...at, level: "warning", what, fix: FIX }];
  }
  if (Date.parse(lastCreation) - Date.parse(today) > NOTICE_DAYS * DAY) return [];
  const what = `After ${lastCreation} no new instance can be made with DMS ${engineVersion}; on ${end} it ends: then ${upgrade}.`;
  return [{ ...at, level: "note", what, fix: FIX }];
}

export const versions = (server: Server, expected: Expected): Finding[] => [
  ...compatibility(server, expected),
  ...life(expected),
];
