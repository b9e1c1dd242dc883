import { readFileSync } from "node:fs";
import { join } from "node:path";
import { REPOSITORY } from "../run-program.ts";

/** A fenced block of code in a page. */
export interface CodeBlock {
  /** The word behind the fence: `sh`, `yaml`, `js`. */
  readonly language: string;
  readonly code: string;
  /** What an HTML comment right above it says, such as `run`; empty without one. */
  readonly mark: string;
  /** 1-based. */
  readonly line: number;
}

/** A link in a page, as it is written. */
export interface Link {
  readonly target: string;
  /** 1-based. */
  readonly line: number;
}

/** The text of a page of this repository. */
export function readPage(path: string): string {
  return readFileSync(join(REPOSITORY, path), "utf8");
}

/** The fenced blocks of a page, in order. */
export function codeBlocks(page: string): readonly CodeBlock[] {
  const blocks = page.matchAll(/(?:^<!-- ([^>]*?) -->\n+)?^```(\w*)\n([\s\S]*?)^```$/gm);
  return Array.from(blocks, ([whole, mark = "", language = "", code = ""]) => ({
    language,
    code,
    mark,
    line: page.slice(0, page.indexOf(whole)).split("\n").length,
  }));
}

/** The links of a page, without those in code. */
export function linksIn(page: string): readonly Link[] {
  const plain = page.replace(/^```[\s\S]*?^```$|`[^`\n]*`/gm, (code) => code.replace(/[^\n]/g, " "));
  return Array.from(plain.matchAll(/\]\(([^)\s]+)\)/g), ({ 1: target = "", index }) => ({
    target,
    line: plain.slice(0, index).split("\n").length,
  }));
}

/** The anchors that a page's headings make, as GitHub writes them. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const plain = page.replace(/^```[\s\S]*?^```$/gm, "");
  return new Set(
    Array.from(plain.matchAll(/^#{1,6} (.+)$/gm), ([, title = ""]) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .trim()
        .replaceAll(" ", "-"),
    ),
  );
}

/** The samples of README.md that use bg-pipe as a library. */
export function readmeLibrarySamples(): readonly string[] {
  const samples = codeBlocks(readPage("README.md")).filter(({ language, mark }) => language === "js" && mark === "run");
  if (samples.length === 0) throw new Error("README.md has no js block marked to be run");
  return samples.map(({ code }) => code);
}
