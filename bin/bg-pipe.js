#!/usr/bin/env node
// Plain, so that an old Node can read it and be told what is missing.
if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(
    `bg-pipe: needs Node 24 or newer, and this is ${process.version} (in a clone, npx bg-pipe brings its own)\n`,
  );
  process.exitCode = 78;
} else {
  import("node:module")
    .then(({ enableCompileCache }) => enableCompileCache())
    .then(() => import("node:fs"))
    .then(({ existsSync }) => {
      const source = new URL("../src/cli/main.ts", import.meta.url);
      return import(existsSync(source) ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
    })
    .then(({ main }) => main(process.argv.slice(2)))
    .then((status) => {
      process.exitCode = status;
      // Told to stop, by a signal or by its reader: what a reader that does not read has not taken would hold it here.
      if (status > 128) process.exit();
    });
}
