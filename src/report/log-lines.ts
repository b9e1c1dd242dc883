import type { LogFields } from "../core/logger.ts";
import { printable } from "./plain-text.ts";

/** The name of an event, such as `batch.submitted`; machines take it as it is, people as two words. */
const EVENT_NAME = /^([a-z]+)\.([a-z_]+)$/;

/** What a JSON log line is made of. */
export interface JsonLine {
  readonly level: number;
  /** Milliseconds since the Unix epoch. */
  readonly time: number;
  readonly base?: LogFields | undefined;
  readonly message: string;
  readonly fields: LogFields;
}

/** A line of JSON, without its newline. A field that has the name of a fixed one gives way to it. */
export function formatJsonLine({ level, time, base, message, fields }: JsonLine): string {
  const line = { level, time, ...base, msg: message, ...(EVENT_NAME.test(message) ? { event: message } : {}) };
  const own = Object.entries(fields).filter(([name]) => !Object.hasOwn(line, name));
  return toJson({ ...line, ...Object.fromEntries(own) });
}

/** A line for people, without its newline: `bg-pipe: warning: message (name=value, …)`. */
export function formatTextLine(level: string, message: string, fields: LogFields): string {
  const label = level === "warn" ? "warning: " : level === "info" ? "" : `${level}: `;
  const pairs = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || name === "event" ? [] : [`${name}=${typeof value === "string" ? value : toJson(value)}`],
  );
  const words = message.replace(EVENT_NAME, "$1 $2");
  const text = pairs.length === 0 ? words : `${words} (${pairs.join(", ")})`;
  return `bg-pipe: ${label}${printable(text)}`;
}

/** A log line must never throw: what JSON cannot say is put into words, and the rest of the line stays. */
function toJson(value: unknown): string {
  try {
    return JSON.stringify(value, (_, item) => plain(item)) ?? "undefined";
  } catch {
    const isRecord = typeof value === "object" && value !== null;
    if (!isRecord) return '"[cannot be written as JSON]"';
    return JSON.stringify(Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shallow(item)])));
  }
}

function plain(item: unknown): unknown {
  if (typeof item === "bigint") return item.toString();
  if (!(item instanceof Error)) return item;
  return { type: item.name, message: item.message, ...("code" in item ? { code: item.code } : {}) };
}

function shallow(item: unknown): unknown {
  return typeof item === "object" && item !== null ? "[cannot be written as JSON]" : plain(item);
}
