import { type Context, type FilterImplOptions, Liquid } from "liquidjs";
import { renderValue } from "../core/json-text.ts";
import { ExampleList } from "./example-list.ts";
import { SpelledNumber } from "./spelled-number.ts";

/** They read files, or write into the row. */
const REFUSED_TAGS = ["include", "render", "layout", "block", "increment", "decrement"];
/** Chance: the same row would be another request in the next run, and be billed again. */
const REFUSED_FILTERS = ["sample"];
const DATE_FILTERS = ["date", "date_to_xmlschema", "date_to_rfc822", "date_to_string", "date_to_long_string"];
/** Filters that take their input for a text. */
const TEXT_FILTERS = [
  ..."append prepend capitalize downcase upcase strip lstrip rstrip strip_newlines strip_html newline_to_br".split(" "),
  ..."escape escape_once xml_escape url_encode uri_escape cgi_escape slugify normalize_whitespace".split(" "),
  ..."split truncate truncatewords number_of_words replace replace_first replace_last".split(" "),
  ..."remove remove_first remove_last base64_encode".split(" "),
];

const LIMITS = {
  /** Characters of a template. */
  parseLimit: 10_000_000,
  /** Milliseconds for one row; far above anything but a runaway loop. */
  renderLimit: 30_000,
  /** Characters and list items that filters and ranges may make for one row. */
  memoryLimit: 1_000_000_000,
};

/**
 * A Liquid engine in which a template is a pure function of the row: no files, no chance, no clock, no time zone.
 */
export function createEngine(): Liquid {
  const engine = new Liquid({
    ...LIMITS,
    templates: {},
    strictVariables: true,
    strictFilters: true,
    ownPropertyOnly: true,
    timezoneOffset: 0,
    locale: "en-US",
    outputEscape: printValue,
  });
  for (const tag of REFUSED_TAGS) delete engine.tags[tag];
  for (const filter of REFUSED_FILTERS) engine.unregisterFilter(filter);
  for (const filter of TEXT_FILTERS) beforeFilter(engine, filter, asPrinted);
  for (const filter of DATE_FILTERS) beforeFilter(engine, filter, refuseNow);
  return engine;
}

/** A value as it stands in a prompt: text as it is, null as nothing, lists and objects as JSON. */
export function printValue(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === null || value === undefined) return "";
  if (value instanceof ExampleList || value instanceof SpelledNumber) return value.toString();
  return renderValue(value);
}

function asPrinted(value: unknown): unknown {
  return typeof value === "object" && value !== null ? printValue(value) : value;
}

function refuseNow(value: unknown): unknown {
  if (value !== "now" && value !== "today") return value;
  throw new Error(`the date "${value}" would make every run another request; write the date into the row`);
}

/** Lets a function look at a filter's input first. */
function beforeFilter(engine: Liquid, name: string, prepare: (value: unknown) => unknown): void {
  const filter: FilterImplOptions | undefined = engine.filters[name];
  const handler = typeof filter === "function" ? filter : filter?.handler;
  if (handler === undefined) return;
  engine.registerFilter(name, function (value: unknown, ...rest: unknown[]): unknown {
    return handler.call(this, prepare(value), ...rest);
  });
}

export type { Context };
