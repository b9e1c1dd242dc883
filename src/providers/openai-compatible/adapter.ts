import { createReadStream } from "node:fs";
import { OpenAI, toStreamingFile } from "openai";
import type { Backoff } from "../../core/backoff.ts";
import { retry } from "../../core/retry.ts";
import {
  type Batch,
  type BatchLimits,
  type BatchRange,
  CHUNK_METADATA_KEY,
  type CreateBatch,
  type PollDefaults,
  type Provider,
  type ProviderSettings,
} from "../provider.ts";
import { isTransient, ProviderError } from "../provider-error.ts";
import { saveBody } from "./download.ts";
import { streamingFetch } from "./streaming-fetch.ts";
import { translateError } from "./translate-error.ts";
import { type Page, parseBatch, parseFile, parsePage } from "./wire.ts";

/** What sets one OpenAI-compatible provider apart from another. */
export interface Dialect {
  readonly name: string;
  readonly identity: string;
  readonly baseUrl: string;
  readonly limits: BatchLimits;
  readonly poll: PollDefaults;
  /** Headers beside the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

const BACKOFF: Backoff = { firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0.5 };
/** Tries after the first of a call that may be repeated: some seconds in all. What lasts longer is the caller's. */
const RETRIES = 4;
const CALL_TIMEOUT_MS = 120_000;
/** A big upload over a slow line. */
const UPLOAD_TIMEOUT_MS = 3_600_000;
/** Batches and files are listed newest first; ours is among the last few thousand or not there. */
const MAX_PAGES = 50;

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
  readonly #settings: ProviderSettings;
  #wasReached = false;

  constructor(dialect: Dialect, settings: ProviderSettings) {
    this.name = dialect.name;
    this.identity = dialect.identity;
    this.limits = dialect.limits;
    this.poll = dialect.poll;
    this.#settings = settings;
    this.#client = new OpenAI({
      apiKey: settings.apiKey ?? "none",
      baseURL: dialect.baseUrl,
      // The SDK would repeat POST /batches, and bill twice. What may be repeated is repeated here.
      maxRetries: 0,
      timeout: CALL_TIMEOUT_MS,
      fetch: streamingFetch,
      defaultHeaders: dialect.headers ?? {},
    });
  }

  get wasReached(): boolean {
    return this.#wasReached;
  }

  async upload(path: string, name: string): Promise<string> {
    return this.#call("upload file", async () => {
      const file = toStreamingFile(createReadStream(path), name, { type: "application/jsonl" });
      const options = this.#options({ timeout: UPLOAD_TIMEOUT_MS });
      return parseFile(await this.#client.files.create({ file, purpose: "batch" }, options)).id;
    });
  }

  async findUpload(name: string): Promise<string | undefined> {
    const query = { purpose: "batch", order: "desc", limit: "1000" };
    for await (const file of this.#list("list files", "/files", { query, parse: parseFile })) {
      if (file.name === name) return file.id;
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
    };
    const options = this.#options({ body, timeout: this.poll.createTimeoutMs });
    return this.#call("create batch", async () => parseBatch(await this.#client.post("/batches", options)));
  }

  async findBatch(chunkName: string, { createdSince, exceptId }: BatchRange): Promise<Batch | undefined> {
    const query = { limit: "100" };
    for await (const batch of this.#list("list batches", "/batches", { query, parse: parseBatch })) {
      const isOurs = batch.metadata[CHUNK_METADATA_KEY] === chunkName && batch.id !== exceptId;
      if (isOurs && batch.status !== "failed") return batch;
      if (batch.createdAt > 0 && batch.createdAt < createdSince) return undefined;
    }
    return undefined;
  }

  async retrieveBatch(id: string): Promise<Batch> {
    const path = `/batches/${encodeURIComponent(id)}`;
    return this.#repeat("retrieve batch", async () => parseBatch(await this.#get(path)));
  }

  async cancelBatch(id: string): Promise<Batch> {
    const path = `/batches/${encodeURIComponent(id)}/cancel`;
    return this.#repeat("cancel batch", async () => parseBatch(await this.#client.post(path, this.#options({}))));
  }

  async download(fileId: string, path: string): Promise<number> {
    const { signal, clock } = this.#settings;
    return this.#repeat("download file", async () => {
      const { bytes } = parseFile(await this.#get(`/files/${encodeURIComponent(fileId)}`));
      const response = await this.#client.files.content(fileId, { signal });
      return saveBody(response, { path, expectedBytes: bytes, clock });
    });
  }

  async deleteFile(fileId: string): Promise<void> {
    await this.#repeat("delete file", () => this.#client.files.delete(fileId, this.#options({})));
  }

  async close(): Promise<void> {}

  /** The entries of a list, page by page. One that cannot be read is none of ours. */
  async *#list<T>(operation: string, path: string, { query, parse }: Listing<T>): AsyncGenerator<T> {
    let next: Page["next"] = {};
    for (let pages = 0; next !== undefined && pages < MAX_PAGES; pages++) {
      const parameters = new URLSearchParams({ ...query, ...next });
      const page: Page = await this.#repeat(operation, async () => parsePage(await this.#get(`${path}?${parameters}`)));
      for (const value of page.data) {
        const entry = parsedOrNot(parse, value);
        if (entry !== undefined) yield entry;
      }
      next = page.next;
    }
  }

  #get(path: string): Promise<unknown> {
    return this.#client.get(path, this.#options({}));
  }

  #options<T extends object>(options: T) {
    return { ...options, signal: this.#settings.signal };
  }

  /** One try: what it throws is a {@link ProviderError}, or the run's own reason to stop. */
  async #call<T>(operation: string, call: () => PromiseLike<T>): Promise<T> {
    try {
      const reply = await call();
      this.#wasReached = true;
      return reply;
    } catch (error) {
      this.#settings.signal.throwIfAborted();
      const translated = translateError(error, operation, { provider: this.name, apiKey: this.#settings.apiKey });
      if (translated instanceof ProviderError && translated.status !== undefined) this.#wasReached = true;
      throw translated;
    }
  }

  #repeat<T>(operation: string, call: () => PromiseLike<T>): Promise<T> {
    const { clock, signal, log } = this.#settings;
    return retry(() => this.#call(operation, call), {
      backoff: BACKOFF,
      retries: this.#wasReached ? RETRIES : 0,
      isTransient,
      requestedDelayMs: (error) => (error instanceof ProviderError ? error.retryAfterMs : undefined),
      onRetry: (error, attempt, delayMs) =>
        log.debug("api.retry", { operation, attempt, delayMs, error: String(error) }),
      clock,
      signal,
    });
  }
}

function parsedOrNot<T>(parse: (value: unknown) => T, value: unknown): T | undefined {
  try {
    return parse(value);
  } catch {
    return undefined;
  }
}
