import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import type { Batch, Provider } from "../providers/provider.ts";
import { ProviderError } from "../providers/provider-error.ts";
import type { ConformanceCase } from "./conformance.ts";

/** A provider, and something it will answer. */
export interface ProviderConformance {
  /** Opens the provider, at a server that may be billed for two short requests; closed at the end of each case. */
  readonly create: () => Provider | Promise<Provider>;
  readonly endpoint?: string;
  /** A body that it answers. */
  readonly body: Readonly<Record<string, unknown>>;
  /** How long a batch of one request may take. A minute when not given. */
  readonly batchTimeoutMs?: number;
  /** How often a batch is looked at; as the provider has it when not given. */
  readonly pollMs?: number;
}

/**
 * What every provider has to do: uploads and batches that are found again by their names, results that are downloaded
 * whole, live answers, and errors of its own class that say whether to try again.
 */
export function providerCases(given: ProviderConformance): readonly ConformanceCase[] {
  const named = (name: string, check: (work: ProviderWork) => Promise<void>): ConformanceCase => ({
    name,
    run: () => withProvider(given, check),
  });
  return [
    named("says who it is, and within which limits", (work) => work.facts()),
    named("finds an upload by its name", (work) => work.upload()),
    named("answers a batch, and finds it by its chunk", (work) => work.batch()),
    named("takes a cancellation of what has ended", (work) => work.cancel()),
    named("deletes a file, and one that is not there", (work) => work.deletion()),
    named("answers live", (work) => work.live()),
    named("turns away what is wrong as a ProviderError", (work) => work.refusal()),
  ];
}

async function withProvider(given: ProviderConformance, check: (work: ProviderWork) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bg-pipe-conformance-"));
  const provider = await given.create();
  try {
    await check(new ProviderWork(provider, given, folder));
  } finally {
    await provider.close();
    await rm(folder, { recursive: true });
  }
}

const NOT_THERE = `bg-pipe-conformance-${randomUUID()}`;

class ProviderWork {
  readonly #provider: Provider;
  readonly #given: ProviderConformance;
  readonly #folder: string;

  constructor(provider: Provider, given: ProviderConformance, folder: string) {
    this.#provider = provider;
    this.#given = given;
    this.#folder = folder;
  }

  async facts(): Promise<void> {
    const { name, identity, limits, poll } = this.#provider;
    assert.match(name, /^[a-z][\w-]*$/);
    assert.equal(identity.split("@")[0], name, "the identity begins with the name");
    assert.ok(limits.requestsPerBatch > 0 && limits.bytesPerBatch > 0, "limits are above 0");
    assert.ok(poll.firstMs > 0 && poll.maxMs >= poll.firstMs, "it is looked at less and less often");
  }

  async upload(): Promise<void> {
    const { name, id } = await this.#upload();
    assert.equal(await this.#provider.findUpload(name), id);
    assert.equal(await this.#provider.findUpload(NOT_THERE), undefined);
    assert.equal(this.#provider.wasReached, true);
  }

  async batch(): Promise<void> {
    const { batch, chunkName } = await this.#ended();
    assert.equal(batch.status, "completed", JSON.stringify(batch.errors));
    const range = { createdSince: batch.createdAt - 60, exceptId: null };
    assert.equal((await this.#provider.findBatch(chunkName, range))?.id, batch.id);
    assert.equal(await this.#provider.findBatch(NOT_THERE, range), undefined);
    const path = join(this.#folder, "results.jsonl");
    const bytes = await this.#provider.download(batch.outputFileId ?? "", path);
    const text = await readFile(path, "utf8");
    assert.equal(Buffer.byteLength(text), bytes, "it says how many bytes it has written");
    assert.equal(JSON.parse(text).custom_id, CUSTOM_ID);
  }

  async cancel(): Promise<void> {
    const { batch } = await this.#ended();
    assert.equal((await this.#provider.cancelBatch(batch.id)).id, batch.id);
  }

  async deletion(): Promise<void> {
    const { id } = await this.#upload();
    await this.#provider.deleteFile(id);
    await this.#provider.deleteFile(id);
  }

  async live(): Promise<void> {
    const { bodyText } = await this.#provider.respond(this.#live(this.#given.body));
    assert.equal(typeof JSON.parse(bodyText), "object");
  }

  async refusal(): Promise<void> {
    const ofProvider = (error: unknown) => error instanceof ProviderError;
    await assert.rejects(this.#provider.respond(this.#live({ nonsense: true })), ofProvider);
    await assert.rejects(this.#provider.retrieveBatch(`batch_${NOT_THERE}`), ofProvider);
    await assert.rejects(this.#provider.download(`file-${NOT_THERE}`, join(this.#folder, "none")), ofProvider);
  }

  #live(body: Readonly<Record<string, unknown>>) {
    const signal = AbortSignal.timeout(60_000);
    return { endpoint: this.#endpoint, bodyText: JSON.stringify(body), timeoutMs: 60_000, signal };
  }

  get #endpoint(): string {
    return this.#given.endpoint ?? "/v1/chat/completions";
  }

  async #upload() {
    const name = `bg-pipe-conformance-${randomUUID()}.jsonl`;
    const path = join(this.#folder, name);
    const line = { custom_id: CUSTOM_ID, method: "POST", url: this.#endpoint, body: this.#given.body };
    await writeFile(path, `${JSON.stringify(line)}\n`);
    return { name, id: await this.#provider.upload(path, name) };
  }

  async #ended(): Promise<{ readonly batch: Batch; readonly chunkName: string }> {
    const { id: inputFileId } = await this.#upload();
    const chunkName = `conformance-${randomUUID()}`;
    let batch = await this.#provider.createBatch({ inputFileId, endpoint: this.#endpoint, chunkName });
    const { pollMs = this.#provider.poll.firstMs, batchTimeoutMs = 60_000 } = this.#given;
    for (let left = batchTimeoutMs; !ENDED.has(batch.status) && left > 0; left -= pollMs) {
      await setTimeout(pollMs);
      batch = await this.#provider.retrieveBatch(batch.id);
    }
    return { batch, chunkName };
  }
}

const CUSTOM_ID = "conformance-1";
const ENDED: ReadonlySet<string> = new Set(["completed", "failed", "expired", "cancelled"]);
