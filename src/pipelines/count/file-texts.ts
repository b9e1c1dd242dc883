import { type ReadText, readUtf8 } from "../settings-file.ts";

/** Reads files, and keeps their texts: a pipe (`--schema <(…)`) can be read only once. */
export class FileTexts {
  readonly texts = new Map<string, string>();

  readonly read: ReadText = async (path) => {
    const text = await readUtf8(path);
    this.texts.set(path, text);
    return text;
  };
}
