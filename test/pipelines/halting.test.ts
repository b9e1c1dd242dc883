import { describe, expect, test } from "vitest";
import { UsageError } from "../../src/core/errors.ts";
import type { FailureCode } from "../../src/core/records.ts";
import { failurePolicy } from "../../src/pipelines/halting.ts";

const haltsAt = (policy: ReturnType<typeof failurePolicy>, code: FailureCode) => policy.halts({ code, message: "no" });

describe("which failures end a run", () => {
  test("all of them with halt, those named with --halt-on, none else", () => {
    const all = failurePolicy({ onError: "halt" });
    expect([all.onError, haltsAt(all, "refused")]).toEqual(["keep", true]);
    const some = failurePolicy({ onError: "skip", haltOn: ["rejected, too_long", "refused"] });
    expect(some.onError).toBe("skip");
    const codes = ["rejected", "too_long", "refused", "cut_off"] as const;
    expect(codes.map((code) => haltsAt(some, code))).toEqual([true, true, true, false]);
    expect(haltsAt(failurePolicy({ onError: "keep" }), "bad_input")).toBe(false);
  });

  test("a code that there is not is refused, with the nearest that there is", () => {
    const naming = () => failurePolicy({ onError: "keep", haltOn: ["rejectd"] });
    expect(naming).toThrow(UsageError);
    expect(naming).toThrow('no row fails with the code "rejectd"');
  });
});
