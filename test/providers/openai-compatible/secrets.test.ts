import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { Logger } from "../../../src/core/logger.ts";
import type { OpenAiCompatibleProvider } from "../../../src/providers/openai-compatible/adapter.ts";
import { API_KEY, drop, errorOf, fileWith, type Handler, json, providerAt, serve, wireBatch } from "./loopback.ts";

/** Not in a form that is known for a secret, so that it is masked by being known. */
const ODD_KEY = "3f2a9c0d.tenant.key/with+signs==";

const CALLS: Readonly<Record<string, (provider: OpenAiCompatibleProvider) => Promise<unknown>>> = {
  upload: (provider) => provider.upload(fileWith("{}\n"), "x.jsonl"),
  "find upload": (provider) => provider.findUpload("x.jsonl"),
  create: (provider) => provider.createBatch({ inputFileId: "f", endpoint: "/v1/chat/completions", chunkName: "c" }),
  "find batch": (provider) => provider.findBatch("c", { createdSince: 0, exceptId: null }),
  retrieve: (provider) => provider.retrieveBatch("b"),
  cancel: (provider) => provider.cancelBatch("b"),
  download: (provider) => provider.download("f", fileWith("")),
  delete: (provider) => provider.deleteFile("f"),
};

/** Servers that say the key wherever they can. */
function leaks(key: string): Readonly<Record<string, Handler>> {
  const headers = {
    "x-echo": key,
    "retry-after": key,
    "x-request-id": key,
    location: `https://${key}@a.example/${key}`,
  };
  const error = { message: `no such key: ${key}, again ${key}`, code: key, type: key, param: key, echo: { key } };
  const end = (status: number, type: string, body: string): Handler => {
    return (_, response) => response.writeHead(status, { ...headers, "content-type": type }).end(body);
  };
  return {
    "in an error": end(401, "application/json", JSON.stringify({ error })),
    "in a server error": end(500, "application/json", JSON.stringify({ error })),
    "in batch errors": end(400, "application/json", JSON.stringify({ errors: { data: [error, error] } })),
    "in a page": end(502, "text/html", `<html>${key}</html>`),
    "in a good page": end(200, "text/html", `<html>${key}</html>`),
    "in an address": end(307, "text/plain", key),
    "in no object": end(200, "application/json", JSON.stringify({ [key]: key })),
    "in a broken object": end(200, "application/json", `{"id":"${key}`),
    "in what breaks off": (request, response) => {
      response.writeHead(200, { ...headers, "content-length": "9999", "content-type": "application/json" });
      response.write(`{"id":"${key}`, () => drop(request));
    },
  };
}

describe.each([API_KEY, ODD_KEY])("the key %s", (apiKey) => {
  const all = Object.entries(leaks(apiKey)).flatMap(([place, handler]) =>
    Object.entries(CALLS).map(([name, call]) => [place, name, handler, call] as const),
  );
  // Any object will do as the answer to a deletion.
  const cases = all.filter(([place, name]) => name !== "delete" || place !== "in no object");
  test.each(cases)(
    "%s does not show in the error of %s, nor in its causes, nor in a log",
    async (_, __, handler, call) => {
      const lines: unknown[] = [];
      const write = (...line: readonly unknown[]) => lines.push(line);
      const log: Logger = { debug: write, info: write, warn: write, error: write };
      const { url } = await serve((request, response) => request.resume().on("end", () => handler(request, response)));
      const error = await errorOf(call(providerAt(url, { apiKey, log }, { headers: { "api-key": apiKey } })));
      const shown = `${inspect(error, { depth: 20, showHidden: true })} ${inspect(lines, { depth: 20 })}`;
      expect(shown).not.toContain(apiKey);
      expect(`${error.message} ${error.hint} ${error.stack}`).not.toContain(apiKey);
    },
  );

  test("does not show in what a failed batch complains of", async () => {
    const errors = [{ code: "invalid_request", message: `not with ${apiKey}`, param: apiKey }];
    const { url } = await serve((_, response) => json(response, wireBatch({ status: "failed", errors })));
    const batch = await providerAt(url, { apiKey }).retrieveBatch("b");
    expect(batch.errors).toHaveLength(1);
    expect(JSON.stringify(batch)).not.toContain(apiKey);
  });
});
