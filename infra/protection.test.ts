import * as pulumi from "@pulumi/pulumi";
import { allowsDeletion, keptData } from "./protection";

function withSetting(value: string | undefined, stack = "data"): void {
  pulumi.runtime.setMockOptions({}, "tributary", stack);
  pulumi.runtime.setAllConfig(value === undefined ? {} : { "tributary:allowDeletion": value });
}

test("without the setting AWS keeps what Pulumi would delete", () => {
  withSetting(undefined);
  expect(keptData()).toEqual({ protect: true, retainOnDelete: true });
});

test("the stack's own name is the first key; the second stays with Pulumi", () => {
  withSetting("data");
  expect(allowsDeletion()).toBe(true);
  expect(keptData()).toEqual({ protect: true, retainOnDelete: false });
});

test.each(["prod", "true", "Data"])("%s is no key of the stack data", (value) => {
  withSetting(value);
  expect(keptData).toThrow(
    `Pulumi.data.yaml, tributary:allowDeletion: found "${value}", expected nothing, or "data" to allow`,
  );
});
