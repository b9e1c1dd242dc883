/** One thing that a part has to do. Fits any test runner: `for (const { name, run } of cases) test(name, run)`. */
export interface ConformanceCase {
  readonly name: string;
  /** @throws {AssertionError} of `node:assert` when it does not */
  run(): Promise<void>;
}
