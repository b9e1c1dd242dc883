import { homedir } from "node:os";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The process's own environment. The only place that reads it. */
export function processEnvironment(): Environment {
  return process.env;
}

/** The user's home folder. */
export function homeDirectory(): string {
  return homedir();
}
