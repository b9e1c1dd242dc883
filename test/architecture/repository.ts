import { readdirSync, readFileSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./source.ts";

const SKIPPED = new Set([".git", "node_modules", "dist", "coverage"]);
/** Larger files are data. */
const MAX_BYTES = 1_000_000;

/** A text file of the repository. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** All text files of the repository that are not generated. */
export function* textFiles(folder = ""): Generator<TextFile> {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) yield* textFiles(path);
    if (!entry.isFile() || statSync(join(ROOT, path)).size > MAX_BYTES) continue;
    const text = readFileSync(join(ROOT, path), "utf8");
    if (!text.includes("\0")) yield { path, text };
  }
}

/** Folders of this machine that no file of the repository should know: the clone's own, and the user's home. */
export function machineFolders(root = ROOT, home = homedir()): readonly string[] {
  return [root.replace(/\/$/, ""), `${home}/`].filter((folder) => folder.length > 5);
}

/** Where a file names a folder that is there on one machine only. `ann` is the user of the tests. */
export function machinePaths({ path, text }: TextFile, folders: readonly string[] = machineFolders()): string[] {
  return text.split("\n").flatMap((line, index) => {
    const found = folders.find((folder) => line.includes(folder)) ?? /\/(?:home|Users)\/(?!ann\b)\w+/.exec(line)?.[0];
    return found === undefined ? [] : [`${path}:${index + 1} names ${found}`];
  });
}
