import { createServer, type IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { silentLogger } from "../../src/core/logger.ts";
import { Exporter } from "../../src/metrics/exporter.ts";
import { pushMetrics, pushTarget } from "../../src/metrics/push.ts";
import { serveMetrics } from "../../src/metrics/serve.ts";
import { turn, VirtualClock } from "../support/virtual-clock.ts";

const EXPOSITION = { contentType: "text/plain; version=0.0.4", text: async () => "bgpipe_x 1\n" };

test("sends at once, every so often, and at the end", async () => {
  const clock = new VirtualClock("manual");
  const sent: number[] = [];
  const sink = { failure: "metrics.push_failed", send: async () => void sent.push(clock.elapsedMs) };
  const exporter = new Exporter({ sink, everyMs: 10_000, clock, log: silentLogger });
  await clock.advance(25_000);
  await exporter.close();
  expect(sent).toEqual([0, 10_000, 20_000, 25_000]);
  await clock.advance(60_000);
  expect(sent).toHaveLength(4);
});

test("a failure is a warning, the same one is not said again until it has worked", async () => {
  const clock = new VirtualClock("manual");
  const warnings: unknown[] = [];
  let fails = true;
  const sink = {
    failure: "metrics.push_failed",
    send: async () => {
      if (fails) throw new Error("nobody there");
    },
  };
  const log = { ...silentLogger, warn: (message: string, fields?: unknown) => void warnings.push([message, fields]) };
  const exporter = new Exporter({ sink, everyMs: 1_000, clock, log });
  await clock.advance(5_500);
  expect(warnings).toEqual([["metrics.push_failed", { error: "nobody there" }]]);
  fails = false;
  await clock.advance(1_000);
  fails = true;
  await clock.advance(1_000);
  expect(warnings).toHaveLength(2);
  await exporter.close();
  await turn();
});

test("serves /metrics on the loopback interface, and nothing else", async () => {
  const server = await serveMetrics(EXPOSITION, 0);
  onTestFinished(() => server.close());
  expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const scraped = await fetch(server.url);
  expect([scraped.status, scraped.headers.get("content-type"), await scraped.text()]).toEqual([
    200,
    "text/plain; version=0.0.4",
    "bgpipe_x 1\n",
  ]);
  expect((await fetch(new URL("/", server.url))).status).toBe(404);
  expect((await fetch(server.url, { method: "POST" })).status).toBe(405);
  const port = Number(new URL(server.url).port);
  await expect(serveMetrics(EXPOSITION, port)).rejects.toMatchObject({ exitStatus: 73 });
});

test.each([
  ["http://localhost:9091", "http://localhost:9091/metrics/job/bg-pipe", undefined],
  ["https://gate/base/", "https://gate/base/metrics/job/bg-pipe", undefined],
  ["http://gate/metrics/job/nightly/instance/a", "http://gate/metrics/job/nightly/instance/a", undefined],
  ["http://me:p%40ss@gate", "http://gate/metrics/job/bg-pipe", `Basic ${btoa("me:p@ss")}`],
])("pushes to %s", (address, url, authorization) => {
  expect(pushTarget(address)).toEqual({ url, authorization });
});

test("no address of HTTP is no target", () => {
  for (const address of ["localhost:9091", "ftp://x", "gate", ""]) expect(pushTarget(address)).toBeUndefined();
});

test("puts the exposition, and throws when it is not taken", async () => {
  const calls: { method: string | undefined; url: string | undefined; headers: IncomingHttpHeaders; body: string }[] =
    [];
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request;
    calls.push({ method, url, headers, body: await text(request) });
    response.statusCode = calls.length === 1 ? 202 : 400;
    response.end("hm");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const target = pushTarget(`http://a:b@127.0.0.1:${port}/metrics/job/j`);
  if (target === undefined) throw new Error("no target");
  await pushMetrics(EXPOSITION, target);
  expect(calls[0]).toMatchObject({
    method: "PUT",
    url: "/metrics/job/j",
    headers: { authorization: `Basic ${btoa("a:b")}`, "content-type": EXPOSITION.contentType },
    body: "bgpipe_x 1\n",
  });
  await expect(pushMetrics(EXPOSITION, target)).rejects.toThrow("the Pushgateway answered 400");
});
