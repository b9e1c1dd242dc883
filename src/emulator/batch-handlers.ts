import { isTerminal, newBatchRecord, toSeconds } from "./batch-record.ts";
import { ApiError } from "./errors.ts";
import { type Exchange, readJsonBody, sendJson } from "./http.ts";
import { newId } from "./ids.ts";
import { DEFAULT_FILE_LIFETIME_SECONDS } from "./limits.ts";
import { pageOf } from "./lists.ts";
import { checkMetadata, parseRequest } from "./request-check.ts";
import type { Services } from "./services.ts";
import { type BatchObject, createBatchRequest, listBatchesQuery } from "./wire.ts";

/** `POST /v1/batches`. Whether the input file exists is found out later, as with the real API. */
export async function createBatch({ request, response }: Exchange, services: Services): Promise<void> {
  const { batches, files, limits, clock, windowSeconds, runner } = services;
  const wanted = parseRequest(createBatchRequest, await readJsonBody(request, limits.bytesPerBody));
  checkMetadata(wanted.metadata ?? {});
  const createdMs = clock.now();
  const record = newBatchRecord({
    id: newId("batch_", createdMs),
    request: wanted,
    createdMs,
    windowSeconds,
    outputFileId: files.newId(),
    errorFileId: files.newId(),
    outputLifetimeSeconds: wanted.output_expires_after?.seconds ?? DEFAULT_FILE_LIFETIME_SECONDS,
  });
  batches.write(record);
  sendJson(response, record.batch);
  runner.ensureRunning(record.batch.id);
}

/** `GET /v1/batches/:id` */
export async function retrieveBatch({ id, response }: Exchange, services: Services): Promise<void> {
  const { batch } = await services.batches.read(id);
  if (!isTerminal(batch)) services.runner.ensureRunning(id);
  sendJson(response, batch);
}

/** `GET /v1/batches` */
export async function listBatches({ query, response }: Exchange, { batches }: Services): Promise<void> {
  const { after, limit } = parseRequest(listBatchesQuery, query);
  const ids = await batches.ids();
  const from = after === undefined ? 0 : ids.indexOf(after) + 1;
  const page: BatchObject[] = [];
  for (const id of ids.slice(from, from + limit + 1)) {
    const record = await batches.find(id);
    if (record !== undefined) page.push(record.batch);
  }
  sendJson(response, pageOf(page, limit));
}

/** `POST /v1/batches/:id/cancel` */
export async function cancelBatch({ id, response }: Exchange, services: Services): Promise<void> {
  const { batches, runner, clock } = services;
  const { batch } = await batches.read(id);
  if (isTerminal(batch) && batch.status !== "cancelled") {
    throw new ApiError(409, { message: `Cannot cancel a batch with status '${batch.status}'.` });
  }
  if (!isTerminal(batch)) {
    batches.requestCancel(id, toSeconds(clock.now()));
    runner.ensureRunning(id);
  }
  sendJson(response, (await batches.read(id)).batch);
}
