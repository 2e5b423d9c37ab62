import { commands } from '../apps/cli/dist/commands/index.js';
import { describeUsage } from '../apps/cli/dist/program.js';
import { Settings } from '../packages/schema/dist/index.js';
import {
  augmentations,
  backbones,
  finetuneMethods,
  optimizers,
  pretrainMethods,
  regularizers,
  schedules,
} from '../packages/trainer/dist/catalog.js';
import { renderOpenApi } from './openapi.mjs';

/**
 * What stands in docs/ but is made from the code. A piece is a whole file, or the part of a page between its two markers:
 * `<!-- generated: NAME -->` and `<!-- end: NAME -->`.
 * @type {readonly { file: string, name?: string, render: () => string | Promise<string> }[]}
 */
export const generatedDocs = [
  { file: 'docs/openapi.json', render: renderOpenApi },
  { file: 'docs/configuration.md', name: 'settings', render: renderSettings },
  { file: 'docs/cli.md', name: 'commands', render: renderCommands },
  ...Object.entries({
    backbones,
    pretrainMethods,
    finetuneMethods,
    augmentations,
    optimizers,
    schedules,
    regularizers,
  }).map(([name, entries]) => ({ file: 'docs/catalogue.md', name, render: () => renderEntries(entries) })),
];

function renderSettings() {
  const rows = Object.entries(Settings.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined).data;
    return [`\`${name}\``, schema.description ?? '', fallback === undefined ? '' : `\`${fallback}\``];
  });
  return table(['variable', 'what it is', 'default'], rows);
}

function renderCommands() {
  return commands.map((command) => `### ${command.path.join(' ')}\n\n\`\`\`text\n${describeUsage(command)}\n\`\`\``).join('\n\n');
}

function renderEntries(entries) {
  const rows = entries.map(({ id, summary, paper, config }) => [`\`${id}\``, summary, settingsOf(config), paper ?? '']);
  return table(['id', 'what it does', 'settings', 'paper'], rows);
}

/** Names and defaults of an entry's settings: `momentum` (0.9). */
function settingsOf(config) {
  return Object.entries(config.shape)
    .filter(([name]) => name !== 'type')
    .map(([name, schema]) => {
      const fallback = schema.safeParse(undefined);
      return fallback.success ? `\`${name}\` (${JSON.stringify(fallback.data)})` : `\`${name}\``;
    })
    .join(', ');
}

function table(header, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
