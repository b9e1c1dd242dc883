import { describe, expect, test } from "vitest";
import { EXIT, InputMissingError } from "../../../src/core/errors.ts";
import { isUnclear, ProviderError } from "../../../src/providers/provider-error.ts";
import { deadAddress, drop, errorOf, fileWith, type Handler, json, providerAt, serve, wireBatch } from "./loopback.ts";

const REQUEST = { inputFileId: "file-1", endpoint: "/v1/chat/completions", chunkName: "c1" };

/** A handler for when the whole request has come. */
function after(handler: Handler): Handler {
  return (request, response) => request.resume().on("end", () => handler(request, response));
}

const api =
  (status: number, error: Record<string, unknown> = { message: "it said" }): Handler =>
  (_, response) =>
    json(response, { error }, status);
const page =
  (status: number, text = "<html><h1>Oops</h1></html>"): Handler =>
  (_, response) =>
    response.writeHead(status, { "content-type": "text/html" }).end(text);
const raw =
  (text: string, type = "application/json"): Handler =>
  (_, response) =>
    response.writeHead(200, { "content-type": type }).end(text);

async function createWith(handler: Handler): Promise<ProviderError> {
  const { url } = await serve(after(handler));
  const error = await errorOf(providerAt(url).createBatch(REQUEST));
  if (error instanceof ProviderError) return error;
  throw error;
}

async function uploadWith(handler: Handler): Promise<ProviderError> {
  const { url } = await serve(after(handler));
  const error = await errorOf(providerAt(url).upload(fileWith("{}\n"), "x.jsonl"));
  if (error instanceof ProviderError) return error;
  throw error;
}

describe("a create or an upload that may have been carried out is unclear", () => {
  const cases: readonly (readonly [string, Handler])[] = [
    ["the connection breaks", (request) => drop(request)],
    ["500", api(500)],
    ["502 with a page", page(502)],
    ["503 with a quota code, which a server that fails may have wrong", api(503, { code: "insufficient_quota" })],
    ["504 with a page", page(504)],
    ["520, a proxy's own", page(520)],
    ["408", api(408)],
    ["409", api(409)],
    ["425", page(425)],
    ["499", page(499)],
    ["302", (_, response) => response.writeHead(302, { location: "https://elsewhere.example/v1/batches" }).end()],
    ["303", (_, response) => response.writeHead(303, { location: "/v1/elsewhere" }).end()],
    ["404 with a page", page(404)],
    ["200 with a page", page(200)],
    ["200 with nothing", raw("")],
    [
      "200 with nothing, in pieces",
      (_, response) => {
        response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
        response.end();
      },
    ],
    ["200 with half an object", raw('{"id":"batch_1",')],
    ["200 with JSON that is none", raw('{"ok":true}')],
    ["200 with null", raw("null")],
    ["200 with an error in it", raw('{"error":{"message":"upstream failed"}}')],
    ["204", (_, response) => response.writeHead(204).end()],
    ["202 with nothing", (_, response) => response.writeHead(202).end()],
  ];
  test.each(cases)("%s", async (_, handler) => {
    for (const error of [await createWith(handler), await uploadWith(handler)]) {
      expect(error).toMatchObject({ kind: "unavailable", exitStatus: EXIT.providerUnreachable });
      expect(isUnclear(error)).toBe(true);
      expect(error.hint).toBeTruthy();
    }
  });

  test("but not when there never was a connection", async () => {
    for (const address of [await deadAddress(), "http://no-such-host.invalid/v1"]) {
      const create = await errorOf(providerAt(address).createBatch(REQUEST));
      const upload = await errorOf(providerAt(address).upload(fileWith("{}\n"), "x.jsonl"));
      expect([create, upload]).toMatchObject(Array(2).fill({ kind: "unavailable", isUnsent: true, exitStatus: 69 }));
      expect([create, upload].map(isUnclear)).toEqual([false, false]);
    }
  });
});

describe("a refusal is clear", () => {
  test.each([
    [400, "invalid_value", "rejected"],
    [401, "invalid_api_key", "key_refused"],
    [402, undefined, "quota"],
    [403, undefined, "key_refused"],
    [403, "organization_spend_limit_exceeded", "quota"],
    [400, "billing_hard_limit_reached", "quota"],
    [404, undefined, "not_found"],
    [405, undefined, "rejected"],
    [413, undefined, "rejected"],
    [422, "invalid_type", "rejected"],
    [429, undefined, "rate_limited"],
    [429, "slow_down", "rate_limited"],
    [429, "insufficient_quota", "quota"],
  ])("%d with code %s: %s", async (status, code, kind) => {
    const error = await createWith(api(status, { message: "it said", ...(code === undefined ? {} : { code }) }));
    expect(error).toMatchObject({ kind, status, providerCode: code });
    expect(isUnclear(error)).toBe(false);
  });

  test.each([
    [401, "key_refused"],
    [403, "key_refused"],
    [413, "rejected"],
    [429, "rate_limited"],
    [400, "rejected"],
  ])("%d with a page: %s", async (status, kind) => {
    expect(await createWith(page(status))).toMatchObject({ kind });
  });

  test("a quota code may stand in the type", async () => {
    expect(await createWith(api(429, { message: "no", type: "insufficient_quota" }))).toMatchObject({ kind: "quota" });
  });
});

describe("the hint names the way out", () => {
  test.each([
    ["413 from the API", api(413), "--chunk-bytes"],
    ["413 from a proxy", page(413), "--chunk-bytes"],
    ["400 too large", api(400, { message: "File is too large." }), "--chunk-bytes"],
    ["an expiry that is unknown", api(400, { message: "Unknown parameter: 'expires_after'." }), "--keep-remote"],
    ["a page", page(404), "--base-url"],
    ["a page with 200", page(200), "--base-url"],
    ["an address with /v1 twice", api(404, { message: "Invalid URL (POST /v1/v1/files)" }), "--base-url"],
    ["a model that is not there", api(404, { message: "no such deployment" }), "--model"],
    [
      "a redirection",
      (_, response) => response.writeHead(308, { location: "https://a.example/t0ken/v1" }).end(),
      "--base-url",
    ],
  ] satisfies readonly (readonly [string, Handler, string])[])("%s", async (_, handler, word) => {
    const error = await uploadWith(handler);
    expect(error.hint).toContain(word);
    expect(error.message).not.toContain("t0ken");
  });

  test("a redirection says where to, and is not followed", async () => {
    const { url, arrivals } = await serve(after((_, response) => response.writeHead(301, { location: "/v1/x" }).end()));
    await errorOf(providerAt(url).createBatch(REQUEST));
    expect(arrivals).toHaveLength(1);
    const error = await createWith((_, response) =>
      response.writeHead(301, { location: "https://a.example/v1" }).end(),
    );
    expect(error.message).toContain("a redirection to https://a.example");
  });
});

describe("a create that is refused for its lines", () => {
  const errors = [
    { code: "invalid_json_line", message: "not JSON", line: 3, param: null },
    { code: "url_mismatch", message: "another URL", line: 7, param: "url" },
  ];
  test.each([
    ["an object with a list object", { errors: { object: "list", data: errors } }],
    ["an object with an array", { errors }],
    ["an array", errors],
    ["a list object under error", { error: { errors: { data: errors } } }],
    ["an array under error", { error: errors }],
  ])("%s", async (_, body) => {
    const error = await createWith((_, response) => json(response, body, 400));
    expect(error).toMatchObject({ kind: "rejected", status: 400 });
    expect(error.batchErrors).toEqual([
      { code: "invalid_json_line", message: "not JSON", line: 3 },
      { code: "url_mismatch", message: "another URL", line: 7, param: "url" },
    ]);
    expect(error.message).toContain("400 line 3: not JSON (invalid_json_line); and 1 more");
  });

  test("a quota code among them is a matter of quota", async () => {
    const data = [...errors, { code: "insufficient_quota", message: "no credit", line: null }];
    expect(await createWith((_, response) => json(response, { errors: { data } }, 400))).toMatchObject({
      kind: "quota",
    });
  });

  test("an ordinary 400 has no such list", async () => {
    expect((await createWith(api(400))).batchErrors).toBeUndefined();
  });
});

describe("calls about something that is gone, or over", () => {
  test("cancelling a batch that has ended gives the batch", async () => {
    const { url, arrivals } = await serve((request, response) => {
      if (request.method === "GET") return json(response, wireBatch({ status: "completed" }));
      return json(response, { error: { message: "Cannot cancel a batch with status 'completed'." } }, 409);
    });
    expect(await providerAt(url).cancelBatch("batch_1")).toMatchObject({ status: "completed" });
    expect(arrivals).toEqual([
      { method: "POST", url: "/v1/batches/batch_1/cancel" },
      { method: "GET", url: "/v1/batches/batch_1" },
    ]);
  });

  test("cancelling one that runs gives it as it is then", async () => {
    const { url } = await serve((_, response) => json(response, wireBatch({ status: "cancelling" })));
    expect(await providerAt(url).cancelBatch("batch_1")).toMatchObject({ status: "cancelling" });
  });

  test("cancelling one that is not there is an error", async () => {
    const { url } = await serve(api(404, { message: "No batch found with id 'b'." }));
    expect(await errorOf(providerAt(url).cancelBatch("b"))).toMatchObject({ kind: "not_found" });
  });

  test("deleting a file that is not there is no error; one that may not be deleted is", async () => {
    const gone = await serve(api(404, { message: "No such File object: f" }));
    await providerAt(gone.url).deleteFile("f");
    const denied = await serve(api(403));
    expect(await errorOf(providerAt(denied.url).deleteFile("f"))).toMatchObject({ kind: "key_refused" });
    const elsewhere = await serve(page(404));
    expect(await errorOf(providerAt(elsewhere.url).deleteFile("f"))).toMatchObject({ kind: "unavailable" });
  });

  test("a chunk's file that is not there is no matter of the provider's", async () => {
    const { url, arrivals } = await serve(api(500));
    const error = await errorOf(providerAt(url).upload(`${fileWith("x")}.gone`, "x.jsonl"));
    expect(error).toBeInstanceOf(InputMissingError);
    expect(error.message).toContain("chunk.jsonl.gone");
    expect(arrivals).toEqual([]);
  });
});

test.each([
  ["an error in the API's form", api(429), true],
  ["a refused key", api(401), true],
  ["a server error of the API", api(500), true],
  ["a page with 404", page(404), false],
  ["a page with 200", page(200), false],
  ["a page with 502", page(502), false],
  ["other JSON", (_, response) => json(response, { detail: "Not Found" }, 404), false],
] satisfies readonly (readonly [string, Handler, boolean])[])(
  "the provider was reached: %s: %s",
  async (_, handler, expected) => {
    const { url } = await serve(after(handler));
    const provider = providerAt(url);
    await errorOf(provider.retrieveBatch("b"));
    expect(provider.wasReached).toBe(expected);
  },
);
