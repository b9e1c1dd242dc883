/**
 * Lets a program under test import "bg-pipe" and its parts as users do, from the sources: `node --import` this file.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const ROOT = new URL("../", import.meta.url);

interface Entry {
  readonly default: string;
}

const { exports }: { readonly exports: Readonly<Record<string, Entry | string>> } = JSON.parse(
  readFileSync(new URL("package.json", ROOT), "utf8"),
);

registerHooks({
  resolve: (specifier, context, next) => {
    const entry = exports[specifier.replace(/^bg-pipe(?=\/|$)/, ".")];
    if (!/^bg-pipe(?:\/|$)/.test(specifier) || typeof entry !== "object") return next(specifier, context);
    const path = entry.default.replace("./dist/", "./src/").replace(/\.js$/, ".ts");
    return { url: new URL(path, ROOT).href, shortCircuit: true };
  },
});
