import { stat } from "node:fs/promises";
import { systemCodeOf } from "../core/errors.ts";
import { fileNotFound } from "./errors.ts";
import { chunksOf, type Exchange } from "./http.ts";
import { pageOf } from "./lists.ts";
import { boundaryOf, parseMultipart } from "./multipart.ts";
import { fileReply, json, type Reply } from "./reply.ts";
import { parseRequest } from "./request-check.ts";
import type { Services } from "./services.ts";
import { receiveUpload } from "./upload.ts";
import { listFilesQuery } from "./wire.ts";

/** `POST /v1/files` */
export async function uploadFile({ request, callNumber }: Exchange, services: Services): Promise<Reply> {
  const { files, limits, faults, faultLog } = services;
  const form = parseMultipart(chunksOf(request), boundaryOf(request.headers["content-type"]));
  const isLagging = faults.strikes("lag", `file ${callNumber}`);
  const file = await receiveUpload(form, { files, limits, lagMs: isLagging ? faults.holdMs : 0 });
  if (isLagging) faultLog.add("lag");
  return json(file);
}

/** `GET /v1/files` */
export async function listFiles({ query }: Exchange, { files }: Services): Promise<Reply> {
  const wanted = parseRequest(listFilesQuery, query);
  return json(pageOf(await files.list(wanted), wanted.limit));
}

/** `GET /v1/files/:id` */
export async function retrieveFile({ id }: Exchange, { files }: Services): Promise<Reply> {
  return json(await files.read(id));
}

/** `DELETE /v1/files/:id` */
export async function deleteFile({ id }: Exchange, { files }: Services): Promise<Reply> {
  await files.delete(id);
  return json({ id, object: "file", deleted: true });
}

/** `GET /v1/files/:id/content` */
export async function downloadFile({ id }: Exchange, { files }: Services): Promise<Reply> {
  await files.read(id);
  const path = files.contentPath(id);
  const bytes = await sizeOf(path);
  if (bytes === undefined) throw fileNotFound(id);
  return fileReply(path, bytes);
}

/** @returns undefined for a file that another call has deleted just now */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}
