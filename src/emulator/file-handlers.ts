import { stat } from "node:fs/promises";
import { systemCodeOf } from "../core/errors.ts";
import { fileNotFound } from "./errors.ts";
import { sendFile } from "./file-blocks.ts";
import { chunksOf, type Exchange, sendJson } from "./http.ts";
import { pageOf } from "./lists.ts";
import { boundaryOf, parseMultipart } from "./multipart.ts";
import { parseRequest } from "./request-check.ts";
import type { Services } from "./services.ts";
import { receiveUpload } from "./upload.ts";
import { listFilesQuery } from "./wire.ts";

/** `POST /v1/files` */
export async function uploadFile({ request, response }: Exchange, { files, limits }: Services): Promise<void> {
  const form = parseMultipart(chunksOf(request), boundaryOf(request.headers["content-type"]));
  sendJson(response, await receiveUpload(form, files, limits));
}

/** `GET /v1/files` */
export async function listFiles({ query, response }: Exchange, { files }: Services): Promise<void> {
  const wanted = parseRequest(listFilesQuery, query);
  sendJson(response, pageOf(await files.list(wanted), wanted.limit));
}

/** `GET /v1/files/:id` */
export async function retrieveFile({ id, response }: Exchange, { files }: Services): Promise<void> {
  sendJson(response, await files.read(id));
}

/** `DELETE /v1/files/:id` */
export async function deleteFile({ id, response }: Exchange, { files }: Services): Promise<void> {
  await files.delete(id);
  sendJson(response, { id, object: "file", deleted: true });
}

/** `GET /v1/files/:id/content` */
export async function downloadFile({ id, response }: Exchange, { files }: Services): Promise<void> {
  await files.read(id);
  const path = files.contentPath(id);
  const size = await sizeOf(path);
  if (size === undefined) throw fileNotFound(id);
  response.writeHead(200, { "content-type": "application/octet-stream", "content-length": size });
  await sendFile(path, response);
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
