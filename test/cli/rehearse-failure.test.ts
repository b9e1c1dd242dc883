import { afterEach, describe, expect, test } from "vitest";
import { rehearseFailure } from "../../src/cli/rehearse-failure.ts";
import { UsageError } from "../../src/core/errors.ts";
import { armFailpoints, DURABLE_STEPS, durableStep } from "../../src/core/failpoints.ts";
import { ended, start } from "./test-process.ts";

afterEach(() => armFailpoints(undefined));

const REHEARSAL = new URL("../../src/cli/rehearse-failure.ts", import.meta.url).href;
const FAILPOINTS = new URL("../../src/core/failpoints.ts", import.meta.url).href;

/** Takes three steps, and says which it has done. */
const SCRIPT = `data:text/javascript,${encodeURIComponent(`
  import { writeSync } from "node:fs";
  import { rehearseFailure } from "${REHEARSAL}";
  import { durableStep } from "${FAILPOINTS}";
  rehearseFailure(process.env);
  for (const step of ["run.open", "call.create", "run.open", "run.open"]) durableStep(step, () => writeSync(1, step + ";"));
`)}`;

function rehearsed(failpoint: string) {
  const environment = { BG_PIPE_FAILPOINT: failpoint };
  return ended(start("-e", [""], { node: ["--import", SCRIPT], environment }));
}

function arm(text: string): void {
  rehearseFailure({ BG_PIPE_FAILPOINT: text });
}

/** What a step ends with. */
function codeOf(step: (typeof DURABLE_STEPS)[number]): unknown {
  try {
    return durableStep(step, () => "done");
  } catch (error) {
    return error instanceof Error && "code" in error ? error.code : error;
  }
}

describe("kills the process, so that nothing can be tidied up,", () => {
  test.each([
    ["call.create.before", "run.open;"],
    ["call.create.after", "run.open;call.create;"],
    ["run.open.before", ""],
    ["run.open.after:2", "run.open;call.create;run.open;"],
    ["run.open.before:3", "run.open;call.create;run.open;"],
  ])("at %s, when %s has been done", async (failpoint, done) => {
    expect(await rehearsed(failpoint)).toMatchObject({ signal: "SIGKILL", stdout: done });
  });

  test("but not where it is not met so often", async () => {
    const stdout = "run.open;call.create;run.open;run.open;";
    expect(await rehearsed("run.open.after:4")).toMatchObject({ status: 0, stdout });
    expect(await rehearsed("run.close.after")).toMatchObject({ status: 0, stdout });
  });
});

describe("throws a system error instead,", () => {
  test("as the system would", () => {
    arm("chunk-file.sync.before=ENOSPC");
    const error = { code: "ENOSPC", syscall: "write", message: expect.stringContaining("chunk-file.sync.before") };
    expect(() => durableStep("chunk-file.sync", () => {})).toThrow(expect.objectContaining(error));
  });

  test("once, at the turn that is named", () => {
    arm("output.write.before:2=EIO");
    const ends = ["output.write", "output.sync", "output.write", "output.write"] as const;
    expect(ends.map(codeOf)).toEqual(["done", "done", "EIO", "done"]);
  });
});

test.each(DURABLE_STEPS)("the failpoints of %s can be named", (step) => {
  arm(`${step}.before=ENOSPC`);
  expect(codeOf(step)).toBe("ENOSPC");
  arm(`${step}.after=ENOSPC`);
  expect(codeOf(step)).toBe("ENOSPC");
});

test.each([
  "call.create",
  "call.create.during",
  "call.crate.before",
  "before",
  "call.create.before:",
  "call.create.before:two",
  "call.create.before=",
  "call.create.before=enospc",
  " call.create.before",
  "call.create.before\n",
  "toString.toString.before",
])("%j is no failpoint, and said to be none", (text) => {
  expect(() => arm(text)).toThrow(UsageError);
  expect(() => arm(text)).toThrow("BG_PIPE_FAILPOINT");
});

test.each([{}, { BG_PIPE_FAILPOINT: "" }, { BG_PIPE_FAILPOINT: undefined }])("%j rehearses nothing", (environment) => {
  arm("call.create.before=ENOSPC");
  rehearseFailure(environment);
  expect(codeOf("call.create")).toBe("done");
});
