import { expect, test } from "vitest";
import { createLogger, type LogOptions, teeLogger } from "../../src/report/log.ts";

function logged(options: Partial<LogOptions>, write: (log: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = [];
  const log = createLogger({
    level: "info",
    format: "text",
    isQuiet: false,
    write: (line) => lines.push(line),
    redact: (text) => text,
    now: () => 1_700_000_000_123,
    ...options,
  });
  write(log);
  return lines;
}

function logAll(log: ReturnType<typeof createLogger>): void {
  log.debug("a");
  log.info("b");
  log.warn("c");
  log.error("d");
}

test.each([
  ["debug", false, ["bg-pipe: debug: a\n", "bg-pipe: b\n", "bg-pipe: warning: c\n", "bg-pipe: error: d\n"]],
  ["info", false, ["bg-pipe: b\n", "bg-pipe: warning: c\n", "bg-pipe: error: d\n"]],
  ["warn", false, ["bg-pipe: warning: c\n", "bg-pipe: error: d\n"]],
  ["error", false, ["bg-pipe: error: d\n"]],
  ["debug", true, ["bg-pipe: warning: c\n", "bg-pipe: error: d\n"]],
  ["error", true, ["bg-pipe: error: d\n"]],
] as const)("at level %s, quiet %s", (level, isQuiet, expected) => {
  expect(logged({ level, isQuiet }, logAll)).toEqual(expected);
});

test("text: fields behind the message, without those that are undefined", () => {
  const lines = logged({}, (log) =>
    log.info("submitted", { rows: 3, batch: "b1", none: undefined, more: [1, { a: 2n }] }),
  );
  expect(lines).toEqual(['bg-pipe: submitted (rows=3, batch=b1, more=[1,{"a":"2"}])\n']);
});

test("text: nothing in it can forge a line or move the cursor", () => {
  const [line = ""] = logged({}, (log) => log.info("a\nb\u001b[2Jc\u2028d", { x: "\r\u0085" }));
  expect(line).toBe("bg-pipe: a\\u000ab\\u001b[2Jc\\u2028d (x=\\u000d\\u0085)\n");
});

test("JSON: pino's names, then the fields", () => {
  const [line = ""] = logged({ format: "json" }, (log) =>
    log.warn("slow\n", { seconds: 4, level: "mine", msg: "mine" }),
  );
  expect(line).toBe('{"level":40,"time":1700000000123,"msg":"slow\\n","seconds":4}\n');
});

test("JSON: errors, big numbers and cycles do not break the line", () => {
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const error = Object.assign(new Error("no room"), { code: "ENOSPC" });
  const lines = logged({ format: "json" }, (log) => {
    log.error("failed", { error, count: 12n });
    log.error("round", { cycle, rows: 3 });
  });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    level: 50,
    error: { type: "Error", message: "no room", code: "ENOSPC" },
    count: "12",
  });
  expect(JSON.parse(lines[1] ?? "")).toMatchObject({ level: 50, msg: "round", rows: 3, cycle: expect.any(String) });
});

test("secrets are masked in messages and fields, in both formats", () => {
  for (const format of ["text", "json"] as const) {
    const redact = (text: string) => text.replaceAll("hunter22", "***");
    const [line = ""] = logged({ format, redact }, (log) => log.info("key hunter22", { deep: { key: "hunter22" } }));
    expect(line).toContain("***");
    expect(line).not.toContain("hunter22");
  }
});

test("an event stands under its name for machines; people read its words, or the sentence", () => {
  const logAll = (log: ReturnType<typeof createLogger>) => {
    log.info("batch.submitted", { batch: "b1" });
    log.warn("the batch is too large", { event: "chunk.split", chunk: "c1" });
  };
  const base = { pid: 7 };
  const [named = "", said = ""] = logged({ format: "json", base }, logAll);
  expect(named).toBe(
    '{"level":30,"time":1700000000123,"pid":7,"msg":"batch.submitted","event":"batch.submitted","batch":"b1"}\n',
  );
  expect(JSON.parse(said)).toMatchObject({ msg: "the batch is too large", event: "chunk.split", chunk: "c1" });
  expect(logged({}, logAll)).toEqual([
    "bg-pipe: batch submitted (batch=b1)\n",
    "bg-pipe: warning: the batch is too large (chunk=c1)\n",
  ]);
});

test("a tee hands everything to all, each by its own level", () => {
  const quiet: string[] = [];
  const lines = logged({ level: "debug" }, (log) => {
    const other = createLogger({
      ...{ level: "error", format: "text", isQuiet: false, redact: (text) => text, now: Date.now },
      write: (line) => quiet.push(line),
    });
    logAll(teeLogger([log, other]));
  });
  expect(lines).toHaveLength(4);
  expect(quiet).toEqual(["bg-pipe: error: d\n"]);
});
