import { expect, test, vi } from "vitest";
import { errorOf, json, providerAt, serve, wireBatch } from "./loopback.ts";

test("the SDK says nothing by itself, whatever OPENAI_LOG asks for: stdout is for rows", async () => {
  vi.stubEnv("OPENAI_LOG", "debug");
  const words = (["debug", "info", "log", "warn", "error"] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation(() => {}),
  );
  const { url } = await serve((request, response) => {
    if (request.url?.endsWith("/good")) json(response, wireBatch());
    else json(response, { error: { message: "no" } }, 400);
  });
  const provider = providerAt(url);
  await provider.retrieveBatch("good");
  await errorOf(provider.retrieveBatch("bad"));
  expect(words.flatMap((spy) => spy.mock.calls)).toEqual([]);
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});
