import { APIError, type OpenAI, toStreamingFile } from "openai";
import { type Backoff, nextDelay } from "../../core/backoff.ts";
import {
  type Batch,
  type BatchLimits,
  type BatchRange,
  CHUNK_METADATA_KEY,
  type CreateBatch,
  type LiveReply,
  type LiveRequest,
  type PollDefaults,
  type Provider,
  type ProviderSettings,
} from "../provider.ts";
import { ProviderError } from "../provider-error.ts";
import { ApiCalls } from "./api-calls.ts";
import { askLive } from "./ask-live.ts";
import { createClient } from "./client.ts";
import type { Dialect } from "./dialect.ts";
import { Download } from "./download.ts";
import { INPUT_EXPIRY, OUTPUT_EXPIRY } from "./expiry.ts";
import { type ErrorContext, maskedErrors } from "./translate-error.ts";
import { checkDeletion, type Page, parseBatch, parseFile, parsePage, type RemoteFile } from "./wire.ts";
import { withContent } from "./with-content.ts";

/** A big upload over a slow line. */
const UPLOAD_TIMEOUT_MS = 3_600_000;
/** Batches and files are listed newest first; ours is among the last few thousand or not there. */
const MAX_PAGES = 50;
/** How often to see whether an upload can be used. */
const PROCESSING_POLL: Backoff = { firstMs: 1_000, factor: 1.5, maxMs: 30_000, jitter: 0.2 };
const PROCESSING_LIMIT_MS = 900_000;

interface Listing<T> {
  readonly query: Readonly<Record<string, string>>;
  readonly parse: (value: unknown) => T;
}

/** The adapter for every provider that speaks OpenAI's Files and Batches, by the official SDK. */
export class OpenAiCompatibleProvider implements Provider {
  readonly name: string;
  readonly identity: string;
  readonly limits: BatchLimits;
  readonly poll: PollDefaults;
  readonly #client: OpenAI;
  readonly #calls: ApiCalls;
  readonly #context: ErrorContext;
  readonly #dialect: Dialect;
  readonly #settings: ProviderSettings;

  constructor(dialect: Dialect, settings: ProviderSettings) {
    this.name = dialect.name;
    this.identity = dialect.identity;
    this.limits = dialect.limits;
    this.poll = dialect.poll;
    this.#dialect = dialect;
    this.#settings = settings;
    this.#context = { provider: dialect.name, apiKey: settings.apiKey };
    this.#calls = new ApiCalls(this.#context, settings, dialect.poll);
    this.#client = createClient(dialect, settings);
  }

  get wasReached(): boolean {
    return this.#calls.wasReached;
  }

  async upload(path: string, name: string): Promise<string> {
    const options = this.#options({ timeout: UPLOAD_TIMEOUT_MS });
    const expiry = this.#setsExpiry ? { expires_after: INPUT_EXPIRY } : {};
    const uploaded = await this.#calls.once("upload file", () =>
      withContent(path, async (content) => {
        const file = toStreamingFile(content, name, { type: "application/jsonl" });
        return parseFile(await this.#client.files.create({ file, purpose: "batch", ...expiry }, options));
      }),
    );
    return (await this.#processed(uploaded)).id;
  }

  async findUpload(name: string): Promise<string | undefined> {
    const query = { purpose: "batch", order: "desc", limit: "1000" };
    for await (const file of this.#list("list files", "/files", { query, parse: parseFile })) {
      if (file.name === name && file.state !== "refused") return (await this.#processed(file)).id;
    }
    return undefined;
  }

  async createBatch({ inputFileId, endpoint, chunkName }: CreateBatch): Promise<Batch> {
    // The endpoint is checked by the registry of endpoints; providers know more of them than the SDK's type does.
    const body = {
      input_file_id: inputFileId,
      endpoint,
      completion_window: "24h",
      metadata: { [CHUNK_METADATA_KEY]: chunkName },
      ...(this.#setsExpiry ? { output_expires_after: OUTPUT_EXPIRY } : {}),
    };
    const options = this.#options({ body, timeout: this.poll.createTimeoutMs });
    return this.#calls.once("create batch", async () => this.#batch(await this.#client.post("/batches", options)));
  }

  async findBatch(chunkName: string, { createdSince, exceptId }: BatchRange): Promise<Batch | undefined> {
    const listing = { query: { limit: "100" }, parse: (value: unknown) => this.#batch(value) };
    for await (const batch of this.#list("list batches", "/batches", listing)) {
      const isOurs = batch.metadata[CHUNK_METADATA_KEY] === chunkName && batch.id !== exceptId;
      if (isOurs && batch.status !== "failed") return batch;
      if (batch.createdAt > 0 && batch.createdAt < createdSince) return undefined;
    }
    return undefined;
  }

  async retrieveBatch(id: string): Promise<Batch> {
    return this.#calls.repeat("retrieve batch", () => this.#getBatch(id));
  }

  async cancelBatch(id: string): Promise<Batch> {
    return this.#calls.repeat("cancel batch", async () => {
      try {
        return this.#batch(await this.#client.post(`${batchPath(id)}/cancel`, this.#options({})));
      } catch (error) {
        // It has ended already.
        if (error instanceof APIError && error.status === 409) return this.#getBatch(id);
        throw error;
      }
    });
  }

  async download(fileId: string, path: string): Promise<number> {
    const { signal, clock, log } = this.#settings;
    const download = new Download({ path, clock, log });
    return this.#calls.repeatAll("download file", async () => {
      const { bytes } = await this.#calls.once("retrieve file", () => this.#getFile(fileId));
      return this.#calls.once("download file", async () => {
        return download.save(await this.#client.files.content(fileId, { signal }), bytes);
      });
    });
  }

  async deleteFile(fileId: string): Promise<void> {
    try {
      await this.#calls.repeat("delete file", async () => {
        checkDeletion(await this.#client.delete(filePath(fileId), this.#options({})));
      });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async respond(request: LiveRequest): Promise<LiveReply> {
    return this.#calls.once("answer a request", () => askLive(this.#client, request));
  }

  async close(): Promise<void> {}

  get #setsExpiry(): boolean {
    return this.#dialect.takesExpiry && this.#settings.keepsFiles !== true;
  }

  /**
   * Waits until an upload can be used, where that takes a while.
   *
   * @throws {ProviderError} `rejected` when the provider does not like what is in it
   */
  async #processed(uploaded: RemoteFile): Promise<RemoteFile> {
    if (this.#dialect.waitsForProcessing !== true) return uploaded;
    const { clock, signal } = this.#settings;
    const until = clock.now() + PROCESSING_LIMIT_MS;
    let file = uploaded;
    for (let attempt = 0; file.state === "pending"; attempt++) {
      if (clock.now() >= until) throw this.#notProcessed("unavailable", file);
      await clock.sleep(nextDelay(PROCESSING_POLL, attempt), signal);
      file = await this.#lookAgain(file);
    }
    if (file.state === "refused") throw this.#notProcessed("rejected", file);
    return file;
  }

  /** What was uploaded a moment ago may not be known everywhere yet. */
  async #lookAgain(file: RemoteFile): Promise<RemoteFile> {
    try {
      return await this.#calls.repeat("retrieve file", () => this.#getFile(file.id));
    } catch (error) {
      if (isNotFound(error)) return file;
      throw error;
    }
  }

  #notProcessed(kind: "unavailable" | "rejected", { id, status }: RemoteFile): ProviderError {
    const { name } = this;
    return new ProviderError(kind, `${name} does not process the upload ${id}: ${status}`, {
      hint: "Look at the file there, then run the same command again.",
    });
  }

  /** The entries of a list, page by page. One that cannot be read is none of ours. */
  async *#list<T>(operation: string, path: string, { query, parse }: Listing<T>): AsyncGenerator<T> {
    let next: Page["next"] = {};
    for (let pages = 0; next !== undefined && pages < MAX_PAGES; pages++) {
      const address = `${path}?${new URLSearchParams({ ...query, ...next })}`;
      const page: Page = await this.#calls.repeat(operation, async () => parsePage(await this.#get(address)));
      for (const value of page.data) {
        const entry = parsedOrNot(parse, value);
        if (entry !== undefined) yield entry;
      }
      next = page.next;
    }
  }

  async #getBatch(id: string): Promise<Batch> {
    return this.#batch(await this.#get(batchPath(id)));
  }

  async #getFile(id: string): Promise<RemoteFile> {
    return parseFile(await this.#get(filePath(id)));
  }

  #batch(value: unknown): Batch {
    const batch = parseBatch(value);
    return { ...batch, errors: maskedErrors(batch.errors, this.#context) };
  }

  #get(path: string): Promise<unknown> {
    return this.#client.get(path, this.#options({}));
  }

  #options<T extends object>(options: T) {
    return { ...options, signal: this.#settings.signal };
  }
}

function batchPath(id: string): string {
  return `/batches/${encodeURIComponent(id)}`;
}

function filePath(id: string): string {
  return `/files/${encodeURIComponent(id)}`;
}

function isNotFound(error: unknown): boolean {
  return error instanceof ProviderError && error.kind === "not_found";
}

function parsedOrNot<T>(parse: (value: unknown) => T, value: unknown): T | undefined {
  try {
    return parse(value);
  } catch {
    return undefined;
  }
}
