import { homeDirectory, processEnvironment } from "../config/environment.ts";
import { flagConfiguration } from "../config/load.ts";
import type { RunOptions } from "../config/options.ts";
import { readTextFile } from "../config/text-file.ts";

/**
 * What holds where a program says nothing: the defaults of the options. Configuration files and `BG_PIPE_` variables are
 * for the command line; a program says what it wants.
 */
export function libraryDefaults(): RunOptions {
  defaults ??= flagConfiguration({
    flags: {},
    environment: processEnvironment(),
    cwd: process.cwd(),
    home: homeDirectory(),
    readFile: readTextFile,
  }).values;
  return defaults;
}

let defaults: RunOptions | undefined;
