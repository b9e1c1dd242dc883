import { expect, test } from "vitest";
import { silentLogger } from "../../src/core/logger.ts";
import { providers } from "../../src/providers/index.ts";
import type { ProviderSettings } from "../../src/providers/provider.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { API_KEY, fileWith, json, serve, textOf, wireBatch } from "./openai-compatible/loopback.ts";

type Name = keyof typeof providers;

/** What a provider sends for an upload and a batch. */
async function sentBy(name: Name, settings: Partial<ProviderSettings> = {}) {
  const bodies: string[] = [];
  const { url } = await serve(async (request, response) => {
    bodies.push(await textOf(request));
    json(response, request.url === "/v1/files" ? { id: "file-1", status: "processed" } : wireBatch());
  });
  const create = await providers[name]();
  const provider = create({
    baseUrl: url,
    apiKey: API_KEY,
    isEmbedded: false,
    log: silentLogger,
    clock: new VirtualClock(),
    signal: new AbortController().signal,
    ...settings,
  });
  const inputFileId = await provider.upload(fileWith("{}\n"), "c1.jsonl");
  await provider.createBatch({ inputFileId, endpoint: "/v1/embeddings", chunkName: "c1" });
  const [upload = "", batch = ""] = bodies;
  const form = await new Response(upload, { headers: { "content-type": contentTypeOf(upload) } }).formData();
  return { form: Object.fromEntries(form), batch: JSON.parse(batch) };
}

function contentTypeOf(form: string): string {
  return `multipart/form-data; boundary=${form.slice(2, form.indexOf("\r\n"))}`;
}

const DAY_SECONDS = 86_400;

test.each(["openai", "azure", "emulator"] as const)(
  "%s is told to delete files, after 14 and 30 days",
  async (name) => {
    for (const settings of [{}, { keepsFiles: false }]) {
      const { form, batch } = await sentBy(name, settings);
      expect(form).toMatchObject({
        purpose: "batch",
        "expires_after[anchor]": "created_at",
        "expires_after[seconds]": `${14 * DAY_SECONDS}`,
      });
      expect(batch.output_expires_after).toEqual({ anchor: "created_at", seconds: 30 * DAY_SECONDS });
    }
  },
);

test.each(["openai", "azure", "emulator", "groq"] as const)("%s keeps files that are to be kept", async (name) => {
  const { form, batch } = await sentBy(name, { keepsFiles: true });
  expect(Object.keys(form).sort()).toEqual(["file", "purpose"]);
  expect(batch).not.toHaveProperty("output_expires_after");
});

test("groq is told nothing that it does not document", async () => {
  const { form, batch } = await sentBy("groq");
  expect(Object.keys(form).sort()).toEqual(["file", "purpose"]);
  expect(Object.keys(batch).sort()).toEqual(["completion_window", "endpoint", "input_file_id", "metadata"]);
});
