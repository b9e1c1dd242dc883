import { expect, test } from "vitest";
import { breachesOf, houseRules, silencedChecks } from "./house-rules.ts";
import { parseSource, sourcesOfTree } from "./source.ts";

/** For each rule, sources that break it once. */
const CONTROLS: Readonly<Record<string, readonly string[]>> = {
  "process.env is read in one place": [
    "const key = process.env.KEY;",
    'const key = process["env"]["KEY"];',
    "const { env } = process;",
    "const key = globalThis.process.env;",
  ],
  "nothing ends the process": ["process.exit(1);", "process.abort();", "const { exit } = process;"],
  "stdout is written through cli and io": ['process.stdout.write("x");', "const { stdout } = process;"],
  "process is not imported": ['import { env } from "node:process";', 'import process from "process";'],
  "no console": ['console.log("x");', 'console.error("x");'],
  "no readline: it splits on U+2028": [
    'import { createInterface } from "node:readline";',
    'const lines = await import("node:readline/promises");',
  ],
  "no any": ["const a: any = 1;", "const b = 1 as any;", "function f(list: any[]) {}", "let x: Record<string, any>;"],
  "no ! assertions": ["const a = list[0]!;", "const a = b!.c;", "let a!: string;", "class A { b!: string }"],
  "named exports only": ["export default 1;", "export default class A {}"],
};

const tree = sourcesOfTree();

test.each(houseRules.map((rule) => [rule.name, rule] as const))("%s", (_, rule) => {
  expect(tree.flatMap((source) => breachesOf(rule, source))).toEqual([]);
});

test("the type checker is nowhere silenced", () => {
  expect(tree.flatMap(silencedChecks)).toEqual([]);
});

test("every exception is made use of", () => {
  const unused = houseRules.flatMap((rule) => {
    const strict = { ...rule, allowed: [] };
    return rule.allowed.filter(
      (place) => !tree.some((source) => source.path.startsWith(place) && breachesOf(strict, source).length > 0),
    );
  });
  expect(unused.filter((place) => place !== "src/io/")).toEqual([]);
});

test.each(houseRules.flatMap((rule) => (CONTROLS[rule.name] ?? []).map((text) => [rule.name, text, rule] as const)))(
  "control: %s: %s",
  (_, text, rule) => {
    expect(breachesOf(rule, parseSource("src/core/control.ts", text))).toEqual(["src/core/control.ts:1"]);
  },
);

test("control: every rule has one, and words in comments and strings break none", () => {
  expect(Object.keys(CONTROLS)).toEqual(houseRules.map((rule) => rule.name));
  const text = "// process.exit(1); console.log(a!)\nconst text = `any process.env as any`; const b = !text;";
  const harmless = parseSource("src/core/control.ts", text);
  expect(houseRules.flatMap((rule) => breachesOf(rule, harmless))).toEqual([]);
});

test.each(["ignore", "expect-error", "nocheck"])("control: silencing by %s is found", (word) => {
  expect(silencedChecks(parseSource("src/core/control.ts", `// @ts-${word}\nexport const a = 1;`))).toHaveLength(1);
});
