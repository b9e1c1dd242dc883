/** A line of a batch's output or error file. */
export type ResultLine =
  | { readonly kind: "response"; readonly customId: string; readonly body: unknown }
  | {
      readonly kind: "error";
      readonly customId: string;
      readonly status: number | undefined;
      readonly code: string | undefined;
      readonly message: string | undefined;
    };

/**
 * Reads a result line. Success is status 200 and nothing else: an HTTP error has `error: null`, and its reason in
 * `response.body.error`.
 *
 * @returns undefined for a line that is corrupt or names no request
 */
export function readResultLine(text: string): ResultLine | undefined {
  const line = asObject(parse(text));
  const customId = line?.["custom_id"];
  if (line === undefined || typeof customId !== "string") return undefined;
  const response = asObject(line["response"]);
  const body = asObject(response?.["body"]);
  if (response?.["status_code"] === 200 && body !== undefined) return { kind: "response", customId, body };
  const error = asObject(line["error"]) ?? asObject(body?.["error"]);
  const status = response?.["status_code"];
  return {
    kind: "error",
    customId,
    status: typeof status === "number" ? status : undefined,
    code: asText(error?.["code"]) ?? asText(error?.["type"]),
    message: asText(error?.["message"]),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Record<string, unknown> | undefined {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
