import { createHash } from "node:crypto";
import type { ReportedRun, RunReport } from "../run-report.ts";
import { Html, html } from "./html.ts";
import type { PageContext } from "./section.ts";
import { sections } from "./sections/index.ts";

/** What is put into the page so that it needs nothing else. */
export interface PageAssets {
  readonly style: string;
  /** Programs, in the order in which they run. */
  readonly scripts: readonly string[];
}

/**
 * A run's report as one page of HTML that loads nothing: its scripts are in it, and by its own policy the browser runs
 * no other.
 */
export function renderPage(report: RunReport, assets: PageAssets, context: PageContext): string {
  const scripts = assets.scripts.map(harmless);
  const title = `Run ${report.run.run}`;
  const parts = sections.flatMap((section) => {
    const body = section.render(report, context);
    return body === undefined ? [] : [{ ...section, body }];
  });
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policyFor(scripts)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} – bg-pipe</title>
<style>
${new Html(assets.style)}</style>
</head>
<body>
${header(report)}<main>
${parts.map(({ id, title: name, body }) => html`<section id="${id}"><h2>${name}</h2>${body}</section>\n`)}</main>
<footer>Made by bg-pipe on ${utc(report.made_at)}. Times are UTC. Bars can be pointed at; every chart has its numbers below it.</footer>
${scripts.map((script) => html`<script>${new Html(script)}</script>\n`)}</body>
</html>
`;
  return page.text;
}

function header({ run }: RunReport): Html {
  const status = run.exit_status === null ? run.state : `${run.state}, exit ${run.exit_status}`;
  const until = run.ended_at === null ? "" : ` – ${utc(run.ended_at)}`;
  return html`<header><div><h1>Run ${run.run} <span class="state ${toneOf(run)}">${status}</span></h1>
<p class="label">${run.label}</p></div>
<p class="when">${run.pipeline}, ${utc(run.started_at)}${until}</p></header>
`;
}

function toneOf({ state, exit_status: exitStatus }: ReportedRun): string {
  if (state === "running") return "busy";
  return state === "finished" && exitStatus === 0 ? "good" : "warn";
}

function utc(time: string): string {
  return `${time.slice(0, 16).replace("T", " ")} UTC`;
}

/** A program's text could hold the words that end its element. */
function harmless(script: string): string {
  return script.replaceAll(/<\/(script)/gi, "<\\/$1").replaceAll("<!--", "<\\!--");
}

/** Styles are set by the charts as they are drawn; no style can load anything. */
function policyFor(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  return `default-src 'none'; script-src ${hashes.join(" ")}; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;
}
