/**
 * A keyed hash in the place of a private value. Whoever has the lake but not the key can neither read a value back nor try
 * values out; equal values stay equal, in every table, so that one can still join on them.
 */
import type * as Crypto from "node:crypto";

/** The canonical text of a value -> 32 hex digits. */
export type Pseudonym = (text: string) => string;

/** 128 bits: no two values of any table meet by chance. */
const DIGITS = 32;

export function pseudonymWith(key: string): Pseudonym {
  const { createHmac }: typeof Crypto = require("node:crypto");
  return (text) => createHmac("sha256", key).update(text).digest("hex").slice(0, DIGITS);
}
