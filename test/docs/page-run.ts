import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { loadExamples } from "../../src/prompts/examples.ts";
import { loadPrompt } from "../../src/prompts/load.ts";
import { createRenderer } from "../../src/prompts/renderer.ts";
import { type ProgramEnd, REPOSITORY, runProgram, temporaryFolder } from "../run-program.ts";
import { type CodeBlock, codeBlocks } from "./markdown.ts";

/** What a page finds in its folder. Not all that lies in the clone, which has files of whoever followed the pages. */
const LINKED = ["bin", "config", "docs", "examples", "fixtures", "node_modules", "package.json", "src"];

/** What a page's blocks may be marked with, in an HTML comment above them. */
export const MARKS =
  /^(?:run(?:, exits with \d+)?|not run: .+|file \S+|messages \S+ \S+(?: \S+)?|message \S+|shown \S+)$/;

/**
 * Does what a page says, block by block, in a folder that looks like a fresh clone after `npm ci`:
 *
 * - `run`: runs a sh, js or ts block; `run, exits with 1` if it has to end so
 * - `file NAME`: writes the block there
 * - `messages ROWS PROMPT [EXAMPLES]`: the messages made of the first row are the block
 * - `message ROWS`: the error message of the first row is the block
 * - `shown FILE`: the file is the block
 */
export class PageRun {
  readonly folder = temporaryFolder("page");
  readonly #state = temporaryFolder("page-state");
  readonly #blocks: readonly CodeBlock[];

  constructor(page: string) {
    this.#blocks = codeBlocks(page);
    for (const name of LINKED) symlinkSync(join(REPOSITORY, name), join(this.folder, name));
  }

  /** @returns what went otherwise than the page says */
  async failures(): Promise<readonly string[]> {
    const failures: string[] = [];
    for (const block of this.#blocks) {
      const failure = await this.#do(block);
      if (failure !== undefined) failures.push(`line ${block.line}: ${failure}`);
    }
    return failures;
  }

  /** A file that the page's commands have made. */
  read(name: string): string {
    return readFileSync(join(this.folder, name), "utf8");
  }

  async #do(block: CodeBlock): Promise<string | undefined> {
    const [verb, ...names] = block.mark.split(" ");
    const [first = "", second = "", third] = names;
    if (verb === "file") writeFileSync(join(this.folder, first), block.code);
    if (verb === "messages") return difference(this.#messages(first, second, third), block.code.trimEnd());
    if (verb === "shown") return difference(this.read(first).trimEnd(), block.code.trimEnd());
    if (verb === "message") return difference(this.#errorMessage(first), block.code.trimEnd());
    if (verb !== "run" && verb !== "run,") return undefined;
    const { status, stderr } = await (/^[jt]s$/.test(block.language) ? this.#runScript(block) : this.#runShell(block));
    const expected = Number(/\d+$/.exec(block.mark)?.[0] ?? 0);
    return status === expected ? undefined : `exit status ${status}, not ${expected}: ${stderr}`;
  }

  /** Installing is not repeated: it would take this clone's packages from under the test. */
  #runShell({ code }: CodeBlock): Promise<ProgramEnd> {
    const script = code.replace(/^npm ci && /gm, "");
    const environment = { XDG_STATE_HOME: this.#state };
    return runProgram("bash", ["-eu", "-o", "pipefail", "-c", script], { cwd: this.folder, environment });
  }

  #runScript({ code, language }: CodeBlock): Promise<ProgramEnd> {
    const name = `sample.m${language}`;
    writeFileSync(join(this.folder, name), code);
    const environment = { XDG_STATE_HOME: this.#state };
    const fromSource = pathToFileURL(join(REPOSITORY, "test/from-source.ts")).href;
    return runProgram(process.execPath, ["--import", fromSource, name], { cwd: this.folder, environment });
  }

  #messages(rows: string, prompt: string, examples: string | undefined): string {
    const render = createRenderer({
      prompt: loadPrompt(this.read(prompt), prompt),
      field: "response",
      ...(examples === undefined ? {} : { examples: loadExamples(this.read(examples), basename(examples)) }),
    });
    const { messages } = render(firstRow(this.read(rows)));
    return messages.map(({ role, content }) => `[${role}] ${content}`).join("\n");
  }

  #errorMessage(rows: string): string {
    const error = firstRow(this.read(rows))["grade_error"];
    const hasMessage = typeof error === "object" && error !== null && "message" in error;
    return hasMessage ? String(error.message) : `no error: ${JSON.stringify(error)}`;
  }
}

function firstRow(text: string): Readonly<Record<string, unknown>> {
  return JSON.parse(text.slice(0, text.indexOf("\n")));
}

function difference(actual: string, expected: string): string | undefined {
  return actual === expected ? undefined : `it is\n${actual}\nand not\n${expected}`;
}
