import type { Exposition } from "./serve.ts";

const TIMEOUT_MS = 10_000;
/** The group that metrics are pushed to when the address names none. */
const DEFAULT_GROUP = "metrics/job/bg-pipe";

/** A Pushgateway's address, and how to get in. */
export interface PushTarget {
  /** Without user and password. */
  readonly url: string;
  readonly authorization: string | undefined;
}

/**
 * Reads the address of a Pushgateway, such as `http://localhost:9091`. A path with `/metrics/job/` is kept, and names
 * the group; user and password become a header.
 *
 * @returns undefined when it is no address of HTTP
 */
export function pushTarget(address: string): PushTarget | undefined {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const { username, password } = url;
  const named = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const authorization = username === "" && password === "" ? undefined : `Basic ${btoa(named)}`;
  url.username = "";
  url.password = "";
  if (!url.pathname.includes("/metrics/job/")) url.pathname = `${url.pathname.replace(/\/$/, "")}/${DEFAULT_GROUP}`;
  return { url: url.href, authorization };
}

/**
 * Puts the metrics into the Pushgateway, in the place of those of its group.
 *
 * @throws {Error} when it does not take them
 */
export async function pushMetrics(exposition: Exposition, { url, authorization }: PushTarget): Promise<void> {
  const headers = {
    "content-type": exposition.contentType,
    ...(authorization === undefined ? {} : { authorization }),
  };
  const body = await exposition.text();
  const response = await fetch(url, { method: "PUT", headers, body, signal: AbortSignal.timeout(TIMEOUT_MS) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`the Pushgateway answered ${response.status}`);
}
