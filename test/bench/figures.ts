export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** At most this, where a goal is set. */
  readonly goal?: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
