/** What lies in the failures buckets, and what became of it, for people and for machines. */
import { renderTable } from "../table";
import { reasonsOf, type Failure } from "./failures";
import { fates, WORDS, type Fate } from "./fate";
import type { Replayed } from "./replay";

interface Group {
  readonly stack: string;
  readonly function: string;
  readonly reason: string;
  readonly day: string;
  records: number;
  objects: number;
}

function groupsOf(
  found: readonly { readonly stack: string; readonly failure: Failure }[],
  wanted: (reason: string) => boolean,
): Group[] {
  const groups = new Map<string, Group>();
  for (const { stack, failure } of found) {
    for (const [reason, count] of reasonsOf(failure)) {
      if (!wanted(reason)) continue;
      const { function: name, day } = failure;
      const id = JSON.stringify([stack, name, reason, day]);
      const group = groups.get(id) ?? { stack, function: name, reason, day, records: 0, objects: 0 };
      group.records += count;
      group.objects += 1;
      groups.set(id, group);
    }
  }
  return [...groups].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, group]) => group);
}

export function renderFailures(
  found: readonly { readonly stack: string; readonly failure: Failure }[],
  wanted: (reason: string) => boolean,
  json: boolean,
): string {
  const groups = groupsOf(found, wanted);
  if (json) return JSON.stringify({ failures: groups }, undefined, 2);
  if (groups.length === 0) return "  Nothing: all was taken.";
  const rows = groups.map((group) => [
    ...[group.stack, group.function, group.reason, group.day],
    ...[group.records, group.objects].map(String),
  ]);
  return renderTable(["stack", "function", "reason", "day", "records", "objects"], rows);
}

export function renderReplayed(replayed: readonly Replayed[], json: boolean): string {
  if (json) return JSON.stringify({ records: replayed }, undefined, 2);
  if (replayed.length === 0) return "  Nothing to put back.";
  const kinds = fates.filter((fate) => replayed.some((each) => each.fate === fate));
  const groups = new Map<string, Replayed[]>();
  for (const each of replayed) {
    const id = JSON.stringify([each.stack, each.function, each.reason]);
    groups.set(id, [...(groups.get(id) ?? []), each]);
  }
  const rows = [...groups.values()].map((group) => {
    const count = (kind: Fate): string => String(group.filter(({ fate }) => fate === kind).length);
    return [group[0]?.stack ?? "", group[0]?.function ?? "", group[0]?.reason ?? "", ...kinds.map(count)];
  });
  return renderTable(["stack", "function", "reason", ...kinds.map((kind) => WORDS[kind])], rows);
}
