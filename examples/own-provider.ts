/**
 * A provider of one's own. One that speaks OpenAI's protocol is a dialect of the adapter; what it answers is kept apart
 * in the ledger by its identity. Here it is an emulator in this process, which plays the vendor.
 *
 *     node examples/own-provider.ts fixtures/answers.jsonl out.jsonl
 */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { grade, type Provider, type ProviderSettings, pipeline, readRows, writeRows } from "bg-pipe";
import { startEmulator } from "bg-pipe/emulator";
import { OpenAiCompatibleProvider } from "bg-pipe/providers/openai-compatible";

const [input = "fixtures/answers.jsonl", output = "out.jsonl"] = process.argv.slice(2);
const vendor = await startEmulator({ directory: join(tmpdir(), `bg-pipe-vendor-${process.pid}`) });

function createVendorProvider(settings: ProviderSettings): Provider {
  const dialect = {
    name: "vendor",
    identity: "vendor",
    baseUrl: vendor.url,
    limits: { requestsPerBatch: 5, bytesPerBatch: 1_000_000 },
    takesExpiry: false,
    poll: { firstMs: 50, maxMs: 1_000, createTimeoutMs: 2_000, listLagMs: 2_500 },
  };
  return new OpenAiCompatibleProvider(dialect, settings);
}

const { asked } = await pipeline(
  readRows(input),
  grade({ provider: createVendorProvider, apiKey: "the vendor's", model: "gpt-4.1-mini" }),
  writeRows(output),
).finally(() => vendor.close());

process.stderr.write(`${asked[0]?.chunks} batches at ${asked[0]?.provider}\n`);
