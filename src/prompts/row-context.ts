import { Context, type Liquid } from "liquidjs";
import type { Fields } from "../core/records.ts";
import { withSpelledNumbers } from "./spelled-number.ts";

/**
 * What stands behind all other names: nothing at all. A function, because the engine would answer `{{ size }}` on an
 * empty object with 0, and so hide that the row has no such field.
 */
const NOTHING = Object.setPrototypeOf(() => undefined, null);
for (const key of Reflect.ownKeys(NOTHING)) Reflect.deleteProperty(NOTHING, key);

/** What the contexts of all rows share. */
export interface Surroundings {
  readonly engine: Liquid;
  readonly options: Liquid["options"];
}

/** Lenient in conditions only: `{% if question %}` asks whether there is one, `{{ question }}` needs it. */
export function surroundingsOf(engine: Liquid): Surroundings {
  return { engine, options: { ...engine.options, lenientIf: true } };
}

/** The names one row's template sees: the row's fields, over them `row`, over all the names added. */
export class RowContext extends Context {
  /**
   * @param added Names that win over the row's fields. One whose value is undefined hides a field of that name.
   */
  constructor({ engine, options }: Surroundings, fields: Fields, added: Fields) {
    super(fields, options, { sync: true, globals: NOTHING }, { liquid: engine });
    // Without a prototype: a field called `constructor` must not be looked for here.
    const row = Object.hasOwn(fields, "row") ? undefined : { row: fields };
    this.push(Object.assign(Object.create(null), row, added));
  }

  /** As the engine's own, but a name that is not there costs no stack trace: `{% if question %}` asks row by row. */
  override *_getFromScope(...[scope, path]: Parameters<Context["_getFromScope"]>): IterableIterator<unknown> {
    const names = typeof path === "string" ? path.split(".") : path;
    let value: unknown = scope;
    for (const [index, name] of names.entries()) {
      value = this.readProperty(Object(value), name);
      if (value === undefined) throw new UndefinedName(names.slice(0, index + 1).join("."));
    }
    return yield value;
  }

  override readProperty(...access: Parameters<Context["readProperty"]>): unknown {
    return withSpelledNumbers(super.readProperty(...access));
  }
}

/** What the engine throws inside itself; it knows it by the name. */
class UndefinedName {
  readonly name = "InternalUndefinedVariableError";
  readonly message: string;
  readonly variableName: string;

  constructor(variableName: string) {
    this.message = `undefined variable: ${variableName}`;
    this.variableName = variableName;
  }
}
