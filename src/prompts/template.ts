import { LiquidError, type Template as LiquidNode, UndefinedVariableError } from "liquidjs";
import { ConfigurationError, messageOf } from "../core/errors.ts";
import type { Fields } from "../core/records.ts";
import { placeIn, type TextOrigin } from "../core/text-origin.ts";
import { createEngine } from "./engine.ts";
import { compilePlain } from "./plain-template.ts";
import { RowContext, surroundingsOf } from "./row-context.ts";
import { MissingFieldError, RowTemplateError } from "./row-errors.ts";

const surroundings = surroundingsOf(createEngine());
const NO_NAMES: Fields = Object.freeze({});

/** A compiled template. */
export interface Template {
  /** The names it reads, without their properties: `text`, `row`, `question`. */
  readonly names: ReadonlySet<string>;
  /**
   * The text for a row.
   *
   * @param added Names beside the row's fields, which win over them; one that is undefined hides a field.
   * @throws {MissingFieldError} when it prints a field the row does not have.
   * @throws {RowTemplateError} when it cannot be rendered over this row for another reason.
   */
  render(fields: Fields, added?: Fields): string;
}

/**
 * Compiles a Liquid template. A row's fields are its variables (`{{ question }}`), and `row` is the whole row
 * (`{{ row["my field"] }}`) unless the row has a field of that name.
 *
 * @param origin Where the text was taken from.
 * @throws {ConfigurationError} naming file:line:column.
 */
export function compileTemplate(text: string, origin: TextOrigin): Template {
  const plain = compilePlain(text, origin);
  if (plain !== undefined) return plain;
  const { engine } = surroundings;
  try {
    const nodes = engine.parse(text);
    return new LiquidTemplate(nodes, origin, new Set(engine.globalVariablesSync(nodes)));
  } catch (cause) {
    throw new ConfigurationError(`${placeOf(cause, origin)}: ${plainMessage(cause)}`, {
      cause,
      hint: "Templates are Liquid (liquidjs.com), without files, chance and the clock.",
    });
  }
}

class LiquidTemplate implements Template {
  readonly names: ReadonlySet<string>;
  readonly #nodes: LiquidNode[];
  readonly #origin: TextOrigin;

  constructor(nodes: LiquidNode[], origin: TextOrigin, names: ReadonlySet<string>) {
    this.#nodes = nodes;
    this.#origin = origin;
    this.names = names;
  }

  render(fields: Fields, added: Fields = NO_NAMES): string {
    try {
      return String(surroundings.engine.renderSync(this.#nodes, new RowContext(surroundings, fields, added)));
    } catch (error) {
      throw this.#rowError(error, fields);
    }
  }

  #rowError(error: unknown, fields: Fields): RowTemplateError {
    const where = placeOf(error, this.#origin);
    const missing = missingName(error);
    if (missing !== undefined) return new MissingFieldError(missing, fields, `needed at ${where}`);
    return new RowTemplateError({ code: "bad_input", message: `${where}: ${plainMessage(error)}` });
  }
}

/** The name the engine did not find. */
function missingName(error: unknown): string | undefined {
  if (!(error instanceof UndefinedVariableError)) return undefined;
  const cause = error.originalError;
  if (cause === undefined || !("variableName" in cause)) return undefined;
  return String(cause.variableName);
}

function placeOf(error: unknown, origin: TextOrigin): string {
  if (!LiquidError.is(error)) return placeIn(origin);
  const [line, column] = error.token.getPosition();
  return placeIn(origin, line, column);
}

/** The engine's message without the position it adds, which is the template's own. */
function plainMessage(error: unknown): string {
  return messageOf(error).replace(/, line:\d+, col:\d+$/, "");
}
