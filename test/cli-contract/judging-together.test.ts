import { expect, test } from "vitest";
import { summaryIn } from "./bills.ts";
import { jsonl, linesOf, rowsOf, Sandbox } from "./support.ts";

const pair = (id: number, response_a: string) => ({ id, response_a, response_b: `other ${id}`, gold: "a" });
const PAIRS = [
  ...Array.from({ length: 6 }, (_, id) => pair(id, `one ${id}`)),
  pair(6, "[[emulator:refuse]]"),
  pair(7, "[[emulator:fence]]"),
  { id: 8, response_b: "alone" },
  pair(1, "one 1"),
];
const ALL = ["--prompt", "pairwise", "--judge", "gpt-4.1,gpt-4.1-mini", "--samples", "2", "--label", "gold"];

test.each([
  ["--mode", "live", "--order", "completion"],
  ["--deadline", "100ms"],
  ["--chunk-rows", "7"],
])(
  "judges, samples, pairs, labels and a probe at once, with %s: each row comes out once and is counted once",
  async (...mode) => {
    const sandbox = new Sandbox();
    sandbox.write("probe.jsonl", jsonl(PAIRS));
    const flags = [...ALL, ...mode, "--retries", "0", "--errors", "errors.csv", "--summary", "summary.json"];
    const run = () => sandbox.grade([...flags, "--probe", "probe.jsonl"], { stdin: `${jsonl(PAIRS)}{\n` });
    const [first, again] = [await run(), await run()];
    expect([first.status, again.status]).toEqual([1, 1]);
    expect(linesOf(again.stdout).toSorted()).toEqual(linesOf(first.stdout).toSorted());
    expect(rowsOf(first.stdout).map(({ id }) => id ?? null)).toHaveLength(11);
    expect(linesOf(sandbox.read("errors.csv"))).toHaveLength(1 + 3);
    const { rows, scores, labels, pairs, probe } = summaryIn(sandbox);
    expect(rows).toMatchObject({ read: 11, written: 11, answered: 8, repaired: 1, failed: 3 });
    expect(scores).toMatchObject([{ field: "grade.winner", answers: 8, absent: 0, others: 0 }]);
    expect(labels).toMatchObject({ answer: "winner", compared: 8, without_label: 2, without_answer: 1 });
    expect((pairs?.consistent ?? 0) + (pairs?.inconsistent ?? 0)).toBe(8);
    const { stdout } = await sandbox.run(["report", "--json"]);
    const { judging } = JSON.parse(sandbox.read("summary.json"));
    expect(JSON.parse(stdout)).toMatchObject({ rows, scores, labels, pairs, probe, judging });
    // Two of its ten rows are equal.
    expect(probe).toMatchObject({ rows: 10, answered: 8, failed: 2, compared: 7, changed: 0 });
  },
);
