import { basename } from "node:path";
import { badRequest, missingParameter } from "./errors.ts";
import type { FileStore } from "./file-store.ts";
import { DEFAULT_FILE_LIFETIME_SECONDS, type EmulatorLimits } from "./limits.ts";
import type { MultipartEvent } from "./multipart.ts";
import { parseRequest } from "./request-check.ts";
import type { StoredUpload } from "./stored-upload.ts";
import { type FileObject, uploadFields } from "./wire.ts";

const MAX_FIELD_BYTES = 65_536;
const BYTE_ORDER_MARK = "\ufeff";

/** Where an upload goes. */
export interface UploadOptions {
  readonly files: FileStore;
  readonly limits: EmulatorLimits;
  /** How long the list of files does not show it. */
  readonly lagMs: number;
}

/**
 * Takes the form of `POST /v1/files` as it arrives and stores its file.
 *
 * @throws {ApiError} 400 for a form without file or purpose, or a file the API refuses.
 */
export async function receiveUpload(form: AsyncIterable<MultipartEvent>, options: UploadOptions): Promise<FileObject> {
  const { files, limits, lagMs } = options;
  const upload = new Upload(files.receive(), limits);
  try {
    for await (const event of form) await upload.take(event);
    return files.publish({ ...(await upload.finish()), lagMs });
  } finally {
    await upload.discard();
  }
}

class Upload {
  readonly #content: StoredUpload;
  readonly #limits: EmulatorLimits;
  readonly #fields = new Map<string, string>();
  #fileName: string | undefined;
  #head = "";
  #part: { readonly name: string; readonly isFile: boolean } | undefined;
  #field: Buffer = Buffer.alloc(0);

  constructor(content: StoredUpload, limits: EmulatorLimits) {
    this.#content = content;
    this.#limits = limits;
  }

  async take(event: MultipartEvent): Promise<void> {
    if (event.kind === "part") return this.#begin(event.name, event.fileName);
    if (event.kind === "data") return this.#part?.isFile ? this.#store(event.bytes) : this.#append(event.bytes);
    if (this.#part !== undefined && !this.#part.isFile) this.#fields.set(this.#part.name, this.#field.toString());
  }

  /** Checks the whole, and gives the content its name. */
  async finish() {
    const fields = parseRequest(uploadFields, Object.fromEntries(this.#fields));
    checkExpiry(fields);
    if (this.#fileName === undefined) throw missingParameter("file");
    if (fields.purpose === "batch") this.#checkBatchInput(this.#fileName);
    const usual = fields.purpose === "batch" ? DEFAULT_FILE_LIFETIME_SECONDS : null;
    await this.#content.finish();
    return {
      id: this.#content.id,
      bytes: this.#content.bytes,
      fileName: this.#fileName,
      purpose: fields.purpose,
      lifetimeSeconds: fields["expires_after[seconds]"] ?? usual,
    };
  }

  discard(): Promise<void> {
    return this.#content.discard();
  }

  #begin(name: string, fileName: string | undefined): void {
    this.#part = { name, isFile: name === "file" };
    this.#field = Buffer.alloc(0);
    if (!this.#part.isFile) return;
    if (this.#fileName !== undefined) throw badRequest("invalid_value", "Only one file can be uploaded.", "file");
    this.#fileName = basename(fileName ?? "upload");
  }

  #append(bytes: Buffer): void {
    if (this.#field.length + bytes.length > MAX_FIELD_BYTES) {
      throw badRequest("string_above_max_length", `Form field '${this.#part?.name}' is too long.`, this.#part?.name);
    }
    this.#field = Buffer.concat([this.#field, bytes]);
  }

  async #store(bytes: Buffer): Promise<void> {
    if (this.#content.bytes + bytes.length > this.#limits.bytesPerFile) {
      throw badRequest(null, "File is too large.", "file");
    }
    if (this.#head.trim() === "") this.#head = bytes.toString("utf8", 0, 1024);
    await this.#content.write(bytes);
  }

  #checkBatchInput(fileName: string): void {
    if (this.#content.bytes === 0) throw badRequest("invalid_file_format", "File is empty.", "file");
    const head = this.#head.trim().replace(BYTE_ORDER_MARK, "");
    if (fileName.toLowerCase().endsWith(".jsonl") && (head === "" || head.startsWith("{"))) return;
    const message = "Invalid file format for Batch API. Must be .jsonl, one JSON object per line.";
    throw badRequest("invalid_file_format", message, "file");
  }
}

/** @throws {ApiError} 400 for one of two fields that only mean something together */
function checkExpiry(fields: Readonly<Record<string, unknown>>): void {
  const missing = EXPIRY_FIELDS.filter((name) => fields[name] === undefined);
  if (missing.length === 1) throw missingParameter(`${missing[0]}`);
}

const EXPIRY_FIELDS = ["expires_after[anchor]", "expires_after[seconds]"] as const;
