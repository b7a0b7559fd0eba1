/** A stream of pseudo-random numbers that is the same for the same seed (Mulberry32 by Tommy Ettinger, public domain). */
export interface Random {
  /** From 0 to below `bound`. */
  below(bound: number): number;
  chance(probability: number): boolean;
  /** @throws Error if there is nothing to choose from. */
  of<T>(choices: readonly T[]): T;
  /** A version 4 UUID (RFC 9562). */
  uuid(): string;
}

export function random(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (bound: number): number => Math.floor(next() * bound);
  return {
    below,
    chance: (probability) => next() < probability,
    of: <T>(choices: readonly T[]): T => {
      if (choices.length === 0) throw new Error("nothing to choose from");
      return choices[below(choices.length)] as T;
    },
    uuid: () => {
      const hex = Array.from({ length: 32 }, () => below(16).toString(16));
      hex[12] = "4";
      hex[16] = (8 + below(4)).toString(16);
      return hex.join("").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
    },
  };
}
