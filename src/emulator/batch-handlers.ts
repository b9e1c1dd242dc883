import { type BatchRecord, isTerminal, newBatchRecord, toSeconds } from "./batch-record.ts";
import { ApiError, batchNotFound, insufficientQuota } from "./errors.ts";
import { type Exchange, readJsonBody } from "./http.ts";
import { newId } from "./ids.ts";
import { DEFAULT_FILE_LIFETIME_SECONDS } from "./limits.ts";
import { pageOf } from "./lists.ts";
import { json, type Reply } from "./reply.ts";
import { checkMetadata, parseRequest } from "./request-check.ts";
import type { Services } from "./services.ts";
import { type BatchObject, createBatchRequest, listBatchesQuery } from "./wire.ts";

/** `POST /v1/batches`. Whether the input file exists is found out later, as with the real API. */
export async function createBatch({ request }: Exchange, services: Services): Promise<Reply> {
  const { batches, files, faults, limits, clock, windowSeconds, runner } = services;
  const wanted = parseRequest(createBatchRequest, await readJsonBody(request, limits.bytesPerBody));
  checkMetadata(wanted.metadata ?? {});
  await checkCredit(services);
  const createdMs = clock.now();
  const ordinal = batches.nextOrdinal();
  const record = newBatchRecord({
    id: newId("batch_", createdMs),
    request: wanted,
    createdMs,
    windowSeconds,
    outputFileId: files.newId(),
    errorFileId: files.newId(),
    outputLifetimeSeconds: wanted.output_expires_after?.seconds ?? DEFAULT_FILE_LIFETIME_SECONDS,
    ordinal,
    lagMs: faults.strikes("lag", `batch ${ordinal}`) ? faults.holdMs : 0,
  });
  batches.write(record);
  runner.ensureRunning(record.batch.id);
  return json(record.batch);
}

/** `GET /v1/batches/:id` */
export async function retrieveBatch({ id }: Exchange, services: Services): Promise<Reply> {
  const { batch } = await visibleBatch(id, services);
  if (!isTerminal(batch)) services.runner.ensureRunning(id);
  return json(batch);
}

/** `GET /v1/batches` */
export async function listBatches({ query }: Exchange, { batches, clock }: Services): Promise<Reply> {
  const { after, limit } = parseRequest(listBatchesQuery, query);
  const ids = await batches.ids();
  const from = after === undefined ? 0 : ids.indexOf(after) + 1;
  const page: BatchObject[] = [];
  for (const id of ids.slice(from)) {
    const record = await batches.find(id);
    if (record !== undefined && record.work.visibleMs <= clock.now()) page.push(record.batch);
    if (page.length > limit) break;
  }
  return json(pageOf(page, limit));
}

/** `POST /v1/batches/:id/cancel` */
export async function cancelBatch({ id }: Exchange, services: Services): Promise<Reply> {
  const { batches, runner, clock } = services;
  const { batch } = await visibleBatch(id, services);
  if (isTerminal(batch) && batch.status !== "cancelled") {
    throw new ApiError(409, { message: `Cannot cancel a batch with status '${batch.status}'.` });
  }
  if (!isTerminal(batch)) {
    batches.requestCancel(id, toSeconds(clock.now()));
    runner.ensureRunning(id);
  }
  return json((await batches.read(id)).batch);
}

/** @throws {ApiError} 429 when so many requests were answered that the credit is used up */
async function checkCredit({ credit, billing, faultLog }: Services): Promise<void> {
  if (credit === undefined || (await billing.totals()).requests < credit) return;
  faultLog.add("insufficient_quota");
  throw insufficientQuota();
}

/** @throws {ApiError} 404, also for a batch that is too new to be found */
async function visibleBatch(id: string, { batches, clock }: Services): Promise<BatchRecord> {
  const record = await batches.read(id);
  if (record.work.visibleMs > clock.now()) throw batchNotFound(id);
  return record;
}
