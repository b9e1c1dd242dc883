import { cancelBatch, createBatch, listBatches, retrieveBatch } from "./batch-handlers.ts";
import { deleteFile, downloadFile, listFiles, retrieveFile, uploadFile } from "./file-handlers.ts";
import type { Exchange } from "./http.ts";
import { answerLive } from "./live-handlers.ts";
import { json, type Reply } from "./reply.ts";
import type { Services } from "./services.ts";

/** Carries one operation out. @throws {ApiError} */
export type Handler = (exchange: Exchange, services: Services) => Promise<Reply>;

/** Every operation, by method and path. */
const routes: Readonly<Record<string, Handler>> = {
  "POST /v1/files": uploadFile,
  "GET /v1/files": listFiles,
  "GET /v1/files/:id": retrieveFile,
  "DELETE /v1/files/:id": deleteFile,
  "GET /v1/files/:id/content": downloadFile,
  "POST /v1/batches": createBatch,
  "GET /v1/batches": listBatches,
  "GET /v1/batches/:id": retrieveBatch,
  "POST /v1/batches/:id/cancel": cancelBatch,
  "POST /v1/chat/completions": answerLive("/v1/chat/completions"),
  "POST /v1/responses": answerLive("/v1/responses"),
  "POST /v1/embeddings": answerLive("/v1/embeddings"),
  "GET /emulator/billing": async (_, { billing }) => json(await billing.totals()),
  "GET /emulator/calls": async (_, { calls }) => json(await calls.totals()),
  "GET /emulator/live": async (_, { liveLimits }) => json(await liveLimits.totals()),
  "GET /emulator/faults": async (_, { faultLog }) => json(await faultLog.totals()),
};

export interface Match {
  /** Such as `GET /v1/batches/:id`. */
  readonly operation: string;
  readonly handler: Handler;
  /** What stands for `:id`, else empty. */
  readonly id: string;
}

/** Finds the operation for a call. @returns undefined when there is none */
export function route(method: string, path: string): Match | undefined {
  const whole = `${method} ${path}`;
  const [prefix, id, suffix] = splitAtId(whole);
  for (const [operation, found] of [
    [whole, ""],
    [`${prefix}:id${suffix}`, id],
  ] as const) {
    const handler = Object.hasOwn(routes, operation) ? routes[operation] : undefined;
    if (handler !== undefined) return { operation, handler, id: found };
  }
  return undefined;
}

/** Ids stand in the third segment of all paths that have one. */
function splitAtId(whole: string): readonly [string, string, string] {
  const match = /^(\S+ \/v1\/[^/]+\/)([^/]+)(.*)$/.exec(whole);
  return [match?.[1] ?? whole, match?.[2] ?? "", match?.[3] ?? ""];
}
