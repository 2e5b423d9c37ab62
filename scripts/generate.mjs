import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { root } from './run-command.mjs';

/** `npm run generate` rewrites what docs/ holds of the code; with `--check` it only says whether that would change anything. */
const check = process.argv.includes('--check');

await bootstrap({ runtime: false });
const { generatedDocs } = await import('./generated-docs.mjs');
const pages = new Map();
for (const { file, name, render } of generatedDocs) {
  const content = await render();
  pages.set(file, name === undefined ? content : replacePart({ file, page: pages.get(file) ?? read(file), name, content }));
}
for (const [file, content] of pages) if (file.endsWith('.md')) pages.set(file, format(file, content));
const stale = [...pages].filter(([file, content]) => read(file) !== content);
if (check && stale.length > 0) {
  console.error(`Out of date: ${stale.map(([file]) => file).join(', ')}`);
  process.exitCode = 1;
}
if (!check) for (const [file, content] of stale) writeFileSync(join(root, file), content);

/** As `npm run fix` would, so that the two never disagree. */
function format(file, content) {
  const biome = join(root, 'node_modules', '.bin', 'biome');
  return execFileSync(biome, ['format', `--stdin-file-path=${file}`], { cwd: root, input: content, encoding: 'utf8' });
}

function read(file) {
  const path = join(root, file);
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function replacePart({ file, page, name, content }) {
  const [start, end] = [`<!-- generated: ${name} -->\n`, `\n<!-- end: ${name} -->`];
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} has no part "${name}": put its two markers where it belongs`);
  return `${page.slice(0, from + start.length)}\n${content}\n${page.slice(to)}`;
}
