import { messageOf } from "../core/errors.ts";
import { ApiError, errorOfStatus } from "./errors.ts";

/** A body: bytes in memory, or a file of which so many bytes are sent. */
export type Content = Buffer | { readonly path: string; readonly bytes: number };

/**
 * How a reply reaches the client, or does not:
 *
 * | delivery | what the client sees |
 * |---|---|
 * | `whole` | all of it |
 * | `reset` | the connection is gone, without a byte |
 * | `hang` | nothing for a while, then the connection is gone |
 * | `body_hang` | half of the body, nothing for a while, then the connection is gone |
 * | `body_drip` | all of it, in small pieces with pauses |
 * | `body_cut` | half of the body that `content-length` promises, then the connection is gone |
 * | `body_short` | half of the body, no `content-length`, and a proper end |
 */
export type Delivery = "whole" | "reset" | "hang" | "body_hang" | "body_drip" | "body_cut" | "body_short";

/** What goes back to a client. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly content: Content;
  readonly delivery: Delivery;
}

/** A reply in JSON. */
export function json(body: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  const content = Buffer.from(JSON.stringify(body));
  return { status, headers: { "content-type": "application/json", ...headers }, content, delivery: "whole" };
}

/** The content of a file on disk. */
export function fileReply(path: string, bytes: number): Reply {
  const headers = { "content-type": "application/octet-stream" };
  return { status: 200, headers, content: { path, bytes }, delivery: "whole" };
}

/** No reply at all: the connection is cut. */
export const RESET: Reply = { status: 500, headers: {}, content: Buffer.alloc(0), delivery: "reset" };

/** What an error is answered with: the API's own as it stands, anything else as a server error. */
export function errorReply(error: unknown): Reply {
  const isExpected = error instanceof ApiError;
  const { status, body, headers } = isExpected
    ? error
    : new ApiError(500, { message: messageOf(error), type: "server_error" });
  return json(body, status, headers);
}

/** What the edge in front of the API answers with when the API itself does not: a page, and no JSON. */
export function badGateway(): Reply {
  const page =
    "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body><center><h1>502 Bad Gateway</h1></center>";
  const content = Buffer.from(`${page}\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n`);
  return { status: 502, headers: { "content-type": "text/html" }, content, delivery: "whole" };
}

/** The reply of a status that the emulator was told to rehearse. */
export function statusReply(status: number): Reply {
  return errorReply(errorOfStatus(status));
}
