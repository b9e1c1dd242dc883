import { mkdirSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Clock } from "../core/clock.ts";
import { fileNotFound } from "./errors.ts";
import { isId, newId } from "./ids.ts";
import { readJsonFile, writeJsonFile } from "./json-file.ts";
import { StoredUpload } from "./stored-upload.ts";
import { type FileObject, fileObject, type ListFilesQuery } from "./wire.ts";

/** What is said about a file when it is published. */
export interface FileDescription {
  readonly id: string;
  readonly bytes: number;
  readonly fileName: string;
  readonly purpose: string;
  readonly lifetimeSeconds: number | null;
  /** How long lists do not show it yet. */
  readonly lagMs?: number;
}

/** A file object as it lies on disk: with what clients do not see. */
const storedFile = fileObject.extend({ listed_from_ms: z.number().default(0) });
type StoredFile = z.infer<typeof storedFile>;

/** Files on disk: `files/<id>.bin` and, once it is whole, `files/<id>.json`. */
export class FileStore {
  readonly #directory: string;
  readonly #clock: Clock;

  constructor(directory: string, clock: Clock) {
    this.#directory = join(directory, "files");
    this.#clock = clock;
    mkdirSync(this.#directory, { recursive: true });
  }

  newId(): string {
    return newId("file-", this.#clock.now());
  }

  /** Where a file's content lies, or will. */
  contentPath(id: string): string {
    return join(this.#directory, `${id}.bin`);
  }

  /** Begins a file whose content is still to come. */
  receive(): StoredUpload {
    const id = this.newId();
    return new StoredUpload(id, this.contentPath(id));
  }

  /** Makes a file whose content is in place known. Doing so again changes nothing but its time. */
  publish(description: FileDescription): FileObject {
    const now = this.#clock.now();
    const created = Math.floor(now / 1000);
    const lifetime = description.lifetimeSeconds;
    const file: FileObject = {
      id: description.id,
      object: "file",
      bytes: description.bytes,
      created_at: created,
      expires_at: lifetime === null ? null : created + lifetime,
      filename: description.fileName,
      purpose: description.purpose,
      status: "processed",
      status_details: null,
    };
    const stored: StoredFile = { ...file, listed_from_ms: now + (description.lagMs ?? 0) };
    writeJsonFile(this.#metadataPath(file.id), stored);
    return file;
  }

  /** @returns undefined for a file that never was, was deleted, or has expired */
  async find(id: string): Promise<FileObject | undefined> {
    const stored = await this.#findStored(id);
    return stored && withoutInternals(stored);
  }

  /** @throws {ApiError} 404 */
  async read(id: string): Promise<FileObject> {
    const file = await this.find(id);
    if (file === undefined) throw fileNotFound(id);
    return file;
  }

  /** The files a listing shows, one more than asked for when there are more. */
  async list(query: ListFilesQuery): Promise<readonly FileObject[]> {
    const names = (await readdir(this.#directory)).filter((name) => name.endsWith(".json"));
    const ids = names.map((name) => name.slice(0, -".json".length)).sort();
    if (query.order === "desc") ids.reverse();
    const files: FileObject[] = [];
    for (const id of query.after === undefined ? ids : ids.slice(ids.indexOf(query.after) + 1)) {
      const file = await this.#findStored(id);
      if (file === undefined || file.listed_from_ms > this.#clock.now()) continue;
      if ((query.purpose ?? file.purpose) === file.purpose) files.push(withoutInternals(file));
      if (files.length > query.limit) break;
    }
    return files;
  }

  /** @throws {ApiError} 404 */
  async delete(id: string): Promise<void> {
    await this.read(id);
    await rm(this.#metadataPath(id), { force: true });
    await rm(this.contentPath(id), { force: true });
  }

  async #findStored(id: string): Promise<StoredFile | undefined> {
    if (!isId("file-", id)) return undefined;
    const found = await readJsonFile(this.#metadataPath(id));
    const file = found === undefined ? undefined : storedFile.parse(found);
    const expires = file?.expires_at ?? null;
    return expires !== null && expires * 1000 <= this.#clock.now() ? undefined : file;
  }

  #metadataPath(id: string): string {
    return join(this.#directory, `${id}.json`);
  }
}

function withoutInternals({ listed_from_ms: _, ...file }: StoredFile): FileObject {
  return file;
}
