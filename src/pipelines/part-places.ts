import { basename, dirname, extname, resolve } from "node:path";
import { UsageError } from "../core/errors.ts";
import type { Format } from "../formats/format.ts";
import { formats } from "../formats/index.ts";
import { COMPRESSION_EXTENSION, formatOfExtension } from "../formats/sniff.ts";
import { STDIN } from "../io/inputs.ts";
import { isPartName, type PartPlace } from "../io/part-name.ts";

/**
 * Where an input's parts go, and what they are called: `rows.jsonl.gz` gives `rows` and `jsonl`. An extension that
 * is not the format's gives way to one that is.
 *
 * @param outputDir Beside the input when undefined; for stdin that is the current folder.
 */
export async function placeOfParts(path: string, format: Format, outputDir: string | undefined): Promise<PartPlace> {
  const plainName = path === STDIN ? "stdin" : basename(path).replace(COMPRESSION_EXTENSION, "");
  const extension = extname(plainName);
  const isFormats = (await formatOfExtension(plainName, formats)) === format.name && extension !== "";
  return {
    directory: outputDir ?? (path === STDIN ? "." : dirname(path)),
    // What is behind the point of `rows.2024` or `v1.5` is part of the name.
    name: /^\.[a-z]/i.test(extension) ? plainName.slice(0, -extension.length) : plainName,
    extension: isFormats ? extension.slice(1) : (format.extensions[0] ?? format.name),
  };
}

/** An input, and where its parts go. */
export interface PlacedInput {
  readonly path: string;
  readonly place: PartPlace;
}

/** @throws {UsageError} when two inputs' parts would have the same names, or parts would replace an input */
export function refuseClashes(inputs: readonly PlacedInput[]): void {
  const taken = new Map<string, string>();
  for (const { path, place } of inputs) {
    const key = resolve(place.directory, `${place.name}.part-.${place.extension}`);
    const other = taken.get(key);
    if (other !== undefined) throw sameNames(path, other, place);
    taken.set(key, path);
  }
  for (const { path } of inputs) {
    const owner = inputs.find(({ place }) => isPartOf(place, path));
    if (owner !== undefined) throw partIsInput(path, owner.path);
  }
}

function sameNames(path: string, other: string, { directory, name, extension }: PartPlace): UsageError {
  return new UsageError(`the parts of ${other} and of ${path} would both be ${name}.part-….${extension}`, {
    hint: `They would go into the same folder, ${directory}: split one at a time, with an --output-dir for each.`,
  });
}

/** Whether an input is in the place of a part. */
function isPartOf(place: PartPlace, path: string): boolean {
  return path !== STDIN && isPartName(place, basename(path)) && resolve(dirname(path)) === resolve(place.directory);
}

function partIsInput(path: string, owner: string): UsageError {
  return new UsageError(`${path} is among the inputs, and has the name of a part of ${owner}`, {
    hint: "Leave it out, or write the parts elsewhere with --output-dir.",
  });
}
