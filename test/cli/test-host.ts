import { PassThrough } from "node:stream";
import { main } from "../../src/cli/main.ts";

/** What a command line left behind. */
export interface Run {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a command line finds; an empty world but for what is given. */
export interface World {
  readonly environment?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly columns?: number;
}

/** Runs a command line in this process, with streams of its own. */
export async function runMain(argv: readonly string[], world: World = {}): Promise<Run> {
  const stdout = Object.assign(new PassThrough(), world.columns === undefined ? {} : { columns: world.columns });
  const stderr = new PassThrough();
  const { environment = {}, cwd = "/nonexistent" } = world;
  const host = { stdin: new PassThrough().end(), stdout, stderr, environment, cwd, home: "/nonexistent" };
  const texts = [textOf(stdout), textOf(stderr)] as const;
  const status = await main(argv, host);
  stdout.end();
  stderr.end();
  const [out, err] = await Promise.all(texts);
  return { status, stdout: out, stderr: err };
}

async function textOf(stream: PassThrough): Promise<string> {
  let text = "";
  for await (const chunk of stream.setEncoding("utf8")) text += chunk;
  return text;
}
