import { readdirSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { REPOSITORY } from "../run-program.ts";
import { anchorsOf, linksIn } from "./markdown.ts";

/** The pages of this repository: those at its top, and all under docs/. */
export function pages(): readonly string[] {
  const top = readdirSync(REPOSITORY).filter((name) => name.endsWith(".md"));
  const docs = readdirSync(join(REPOSITORY, "docs"), { recursive: true, encoding: "utf8" });
  return [...top, ...docs.filter((name) => name.endsWith(".md")).map((name) => `docs/${name}`)].sort();
}

/** How to look at the repository's files; a control has its own. */
export interface Files {
  exists(path: string): boolean;
  read(path: string): string;
}

/** Links of a page, to files and headings, that lead nowhere or out of the repository. */
export function brokenLinks(path: string, page: string, files: Files): readonly string[] {
  return linksIn(page).flatMap(({ target, line }) => {
    if (/^[a-z]+:/.test(target)) return [];
    const [file = "", anchor] = target.split("#");
    const to = file === "" ? path : normalize(join(dirname(path), file));
    const isThere = !to.startsWith("..") && (to === path || files.exists(to));
    const hasAnchor = anchor === undefined || anchorsOf(to === path ? page : files.read(to)).has(anchor);
    return isThere && hasAnchor ? [] : [`${path}:${line} links to ${target}`];
  });
}

const PATH_IN_CODE = /`((?:src|test|docs|config|scripts|fixtures|bench|bin)(?:\/[\w.-]+)+)`/g;

/** Files that a page names in code and that are not there. NAME in a path stands for any. */
export function missingFiles(path: string, page: string, { exists }: Pick<Files, "exists">): readonly string[] {
  const named = Array.from(page.matchAll(PATH_IN_CODE), ([, name = ""]) => name);
  return named.filter((name) => !name.includes("NAME") && !exists(name)).map((name) => `${path} names ${name}`);
}

/** What a text names of a kind, such as flags, that is not known. */
export function unknownNames(text: string, pattern: RegExp, known: ReadonlySet<string>): readonly string[] {
  const named = Array.from(text.matchAll(pattern), ([, name = ""]) => name);
  return [...new Set(named)].filter((name) => !known.has(name));
}

/** What stands under a heading, up to the next of its level or above. */
export function section(page: string, heading: string): string {
  const lines = page.split("\n");
  const start = lines.indexOf(heading);
  const level = heading.search(/[^#]/);
  const rest = start === -1 ? [] : lines.slice(start + 1);
  const end = rest.findIndex((line) => /^#+ /.test(line) && line.search(/[^#]/) <= level);
  return (end === -1 ? rest : rest.slice(0, end)).join("\n").trim();
}

/** The cells of a table's rows, without head and rule. */
export function tableRows(text: string): readonly (readonly string[])[] {
  const lines = text.split("\n").filter((line) => line.startsWith("|"));
  const cells = (line: string) =>
    line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll("\\|", "|"));
  return lines.slice(2).map(cells);
}
