import { commands } from '../apps/cli/dist/commands/index.js';
import { describeUsage } from '../apps/cli/dist/program.js';
import { formats } from '../packages/data/dist/index.js';
import { JobAction, JobState, jobActions, Settings } from '../packages/schema/dist/index.js';
import {
  augmentations,
  backbones,
  constraints,
  finetuneMethods,
  optimizers,
  pretrainMethods,
  regularizers,
  schedules,
  Training,
  tasks,
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
  { file: 'docs/jobs.md', name: 'job-actions', render: renderJobActions },
  { file: 'docs/catalogue.md', name: 'training', render: renderTraining },
  { file: 'docs/datasets.md', name: 'formats', render: renderFormats },
  ...Object.entries({
    backbones,
    pretrainMethods,
    finetuneMethods,
    tasks,
    augmentations,
    optimizers,
    schedules,
    regularizers,
    constraints,
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

function renderJobActions() {
  const rows = JobState.options.map((state) => [
    `\`${state}\``,
    ...JobAction.options.map((action) => (state in jobActions[action] ? `\`${jobActions[action][state]}\`` : '')),
  ]);
  return table(['state', ...JobAction.options.map((action) => `\`${action}\``)], rows);
}

/** In the order in which they are tried. */
function renderFormats() {
  return table(
    ['format', 'what an upload of it holds'],
    formats.map(({ id, summary }) => [`\`${id}\``, summary]),
  );
}

function renderEntries(entries) {
  const rows = entries.map(({ id, summary, paper, config }) => [`\`${id}\``, summary, settingsOf(config), paper ?? '']);
  return table(['id', 'what it does', 'settings', 'paper'], rows);
}

/** Names and defaults of an entry's settings: `momentum` (0.9). Settings within one are named with a dot. */
function settingsOf(config) {
  return Object.entries(config.shape)
    .filter(([name]) => name !== 'type')
    .flatMap(([name, schema]) => {
      const fallback = schema.safeParse(undefined);
      if (!fallback.success) return `\`${name}\``;
      const isGroup = fallback.data?.constructor === Object;
      const settings = isGroup
        ? Object.entries(fallback.data).map(([inner, value]) => [`${name}.${inner}`, value])
        : [[name, fallback.data]];
      return settings.map(([path, value]) => `\`${path}\` (${literal(value)})`);
    })
    .join(', ');
}

/** A value as JSON; stars in the texts of a list would make it bold. */
function literal(value) {
  return Array.isArray(value) ? `\`${JSON.stringify(value)}\`` : JSON.stringify(value);
}

/** What the `training` part of a job holds. */
function renderTraining() {
  const rows = Object.entries(Training.shape).map(([name, schema]) => {
    const fallback = schema.safeParse(undefined).data;
    const shown = fallback === undefined ? "the method's" : literal(fallback);
    return [`\`${name}\``, schema.description ?? schema.unwrap().description ?? '', shown];
  });
  return table(['setting', 'what it is', 'default'], rows);
}

function table(header, rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}
