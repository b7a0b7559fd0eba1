import { costOf, DMS_HOUR, PRICES, type Price } from "./prices";

const all: Price[] = [...Object.values(PRICES), ...Object.values(DMS_HOUR)];

test("every price has AWS' page, and the month in which it was read", () => {
  for (const { page, read, usd, per } of all) {
    expect(page).toMatch(/^https:\/\/aws\.amazon\.com\/[a-z0-9/-]+\/pricing\/$/);
    expect(read).toMatch(/^20\d\d-(0[1-9]|1[0-2])$/);
    expect(usd).toBeGreaterThan(0);
    expect(per).toBeGreaterThan(0);
  }
});

test("amounts are in the unit that is counted", () => {
  expect(costOf(PRICES.kinesisPut, 2 ** 30)).toBeCloseTo(0.08, 12);
  expect(costOf(PRICES.dynamodbWrite, 2_000_000)).toBeCloseTo(1.25, 12);
  expect(costOf(PRICES.s3Put, 10)).toBeCloseTo(0.00005, 12);
  // Athena's least: 10 MB.
  expect(costOf(PRICES.athenaScan, 10 * 2 ** 20)).toBeCloseTo(0.0000477, 7);
  expect(costOf(PRICES.lambdaDuration, 1_000_000)).toBeCloseTo(13.3334, 6);
});
