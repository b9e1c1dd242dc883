import { describe, expect, test } from "vitest";
import { silentLogger } from "../../src/core/logger.ts";
import { createAzureProvider } from "../../src/providers/azure.ts";
import type { ProviderSettings } from "../../src/providers/provider.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { API_KEY, errorOf, fileWith, type Handler, json, serve } from "./openai-compatible/loopback.ts";

/** Azure, whose upload is as the states say, look by look; `undefined` is one that it does not know. */
async function azureWith(states: readonly (string | undefined)[], settings: Partial<ProviderSettings> = {}) {
  const clock = new VirtualClock();
  let looks = 0;
  const handler: Handler = (request, response) => {
    const status = states[Math.min(looks++, states.length - 1)];
    const file = { id: "file-1", filename: "c1.jsonl", status, status_details: "a reason" };
    const isList = request.url?.startsWith("/v1/files?");
    if (status === undefined) json(response, { error: { message: "No such file" } }, 404);
    else json(response, isList ? { data: [{ ...file, id: "broken", status: "error" }, file] } : file);
  };
  const { url, arrivals } = await serve((request, response) =>
    request.resume().on("end", () => handler(request, response)),
  );
  const provider = createAzureProvider({
    baseUrl: url,
    apiKey: API_KEY,
    isEmbedded: false,
    log: silentLogger,
    clock,
    signal: new AbortController().signal,
    ...settings,
  });
  return { provider, clock, arrivals };
}

describe("an upload to Azure", () => {
  test("is waited for until it is processed, with growing pauses", async () => {
    const states = ["uploaded", undefined, ...Array(10).fill("pending"), "running", "Processed"];
    const { provider, clock, arrivals } = await azureWith(states);
    expect(await provider.upload(fileWith("{}\n"), "c1.jsonl")).toBe("file-1");
    expect(arrivals.slice(1)).toEqual(Array(13).fill({ method: "GET", url: "/v1/files/file-1" }));
    expect(clock.sleeps).toHaveLength(13);
    expect(clock.sleeps[0]).toBeLessThanOrEqual(1_000);
    expect(clock.sleeps.at(-1)).toBeGreaterThan(20_000);
    expect(Math.max(...clock.sleeps)).toBeLessThanOrEqual(30_000);
  });

  test("that is processed at once is not looked at again", async () => {
    const { provider, arrivals } = await azureWith(["processed"]);
    await provider.upload(fileWith("{}\n"), "c1.jsonl");
    expect(arrivals).toHaveLength(1);
  });

  test("that Azure does not like is rejected, with its reason", async () => {
    const { provider } = await azureWith(["pending", "error"]);
    const error = await errorOf(provider.upload(fileWith("{}\n"), "c1.jsonl"));
    expect(error).toMatchObject({ kind: "rejected" });
    expect(error.message).toContain("file-1: error: a reason");
  });

  test("that is never processed is left after a quarter of an hour, for another try", async () => {
    const { provider, clock } = await azureWith(["pending"]);
    expect(await errorOf(provider.upload(fileWith("{}\n"), "c1.jsonl"))).toMatchObject({ kind: "unavailable" });
    expect(clock.elapsedMs).toBeGreaterThanOrEqual(900_000);
    expect(clock.elapsedMs).toBeLessThan(1_000_000);
  });

  test("that is found again is waited for, too, and one that was refused is not found", async () => {
    const { provider, arrivals } = await azureWith(["pending", "pending", "processed"]);
    expect(await provider.findUpload("c1.jsonl")).toBe("file-1");
    expect(arrivals).toHaveLength(3);
  });

  test("is not waited for any more after an abort", async () => {
    const stop = new AbortController();
    const { provider, clock } = await azureWith(["pending"], { signal: stop.signal });
    const upload = errorOf(provider.upload(fileWith("{}\n"), "c1.jsonl"));
    void clock.sleep(60_000).then(() => stop.abort(new Error("SIGINT")));
    expect((await upload).message).toBe("SIGINT");
  });
});
