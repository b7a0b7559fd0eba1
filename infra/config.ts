/** A stack's settings, checked before anything is created. Every key is described in docs/configuration.md. */
import * as pulumi from "@pulumi/pulumi";
import type { z } from "zod";
import type { Accounts } from "./contract";
import { dataShape } from "./dataSettings";
import { conflictIn, prodShape } from "./prodSettings";
import { complain, read, region } from "./settings";

export type ProdConfig = z.output<z.ZodObject<typeof prodShape>> & Accounts;
export type DataConfig = z.output<z.ZodObject<typeof dataShape>> & Accounts;

export function prodConfig(): ProdConfig {
  const given = read(prodShape);
  const conflict = conflictIn(given);
  if (conflict !== undefined) {
    const [key, found, expected] = conflict;
    complain(`${new pulumi.Config().name}:${key}`, found, expected);
  }
  return { ...given, region: region() };
}

export const dataConfig = (): DataConfig => ({ ...read(dataShape), region: region() });
