import { z } from 'zod';

/** As much of a JSON Schema as settings are described by. */
const Setting = z.looseObject({
  description: z.string().optional(),
  default: z.unknown().optional(),
  const: z.unknown().optional(),
  type: z.string().optional(),
  enum: z.array(z.unknown()).optional(),
  examples: z.array(z.unknown()).optional(),
  /** Of a setting that is a group of others. */
  get properties() {
    return z.record(z.string(), Setting).optional();
  },
});
const Settings = z.looseObject({ properties: z.record(z.string(), Setting), required: z.array(z.string()).default([]) });

type MethodOfKind = { kind: 'pretrain' | 'finetune'; id: string; summary: string; paper?: string | undefined; config: z.ZodType };

/** Settings of training that people change first; the rest keep their defaults, and the catalogue describes them. */
const usualTraining = ['epochs', 'batchSize', 'seed'];

const width = 110;

/**
 * A job file for a method: JSON with comments, every setting of the method with its meaning and default, and places to fill in where
 * records of the server are meant.
 */
export function jobTemplate(method: MethodOfKind, training: z.ZodType): string {
  const start =
    method.kind === 'pretrain'
      ? [
          '// The network to train; `scion init` lists none, docs/catalogue.md has them all.',
          '"backbone": { "type": "convnet-small" },',
        ]
      : [
          '// What to start from: { "model": "mdl_…" }, { "job": "job_…" }, { "checkpoint": "ckpt_…" } or, with no pretraining,',
          '// { "scratch": { "backbone": { "type": "convnet-small" } } }.',
          '"from": { "model": "MODEL" },',
        ];
  return [
    '{',
    ...indented([
      ...comment(`${method.summary}.${method.paper === undefined ? '' : ` ${method.paper}.`}`),
      `"kind": ${JSON.stringify(method.kind)},`,
      '"name": "my job",',
      ...start,
      ...(method.kind === 'finetune'
        ? ['// Labels to train on can be fewer than there are: "labels": { "perClass": 10, "seed": 0 }.']
        : []),
      '"dataset": { "id": "DATASET", "split": "train" },',
      '"method": {',
      ...indented(describeSettings(method.config)),
      '},',
      '"training": {',
      ...indented(["// Where left out, the method's own default counts.", ...describeTraining(training)]),
      '},',
    ]),
    '}',
    '',
  ].join('\n');
}

function describeSettings(config: z.ZodType, only?: readonly string[]): string[] {
  const { properties, required } = Settings.parse(z.toJSONSchema(config, { io: 'input' }));
  return Object.entries(properties)
    .filter(([name]) => only === undefined || only.includes(name))
    .flatMap(([name, setting]) => {
      const line = `${JSON.stringify(name)}: ${JSON.stringify(exampleValue(setting))},`;
      const isSaid = setting.default !== undefined || setting.const !== undefined || required.includes(name);
      return [...comment([setting.description, choices(setting)].filter(Boolean).join('. ')), isSaid ? line : `// ${line}`];
    });
}

/** As comments: what is said here would go before the defaults of the method. */
function describeTraining(training: z.ZodType): string[] {
  return describeSettings(training, usualTraining).map((line) => (line.startsWith('//') ? line : `// ${line}`));
}

function exampleValue(setting: z.infer<typeof Setting>): unknown {
  const { default: preset, const: constant, enum: options, examples, properties, type } = setting;
  if (preset === null) return null;
  const group = properties && Object.fromEntries(Object.entries(properties).map(([name, part]) => [name, exampleValue(part)]));
  return preset ?? constant ?? options?.[0] ?? examples?.[0] ?? group ?? exampleOf(type);
}

function exampleOf(type = 'object'): unknown {
  const examples: Record<string, unknown> = { string: '…', number: 1, integer: 1, boolean: false, array: ['*'], object: {} };
  return examples[type];
}

function choices({ enum: options }: z.infer<typeof Setting>): string {
  return options === undefined ? '' : `One of ${options.map((option) => JSON.stringify(option)).join(', ')}`;
}

/** A text as lines of comments that are no wider than a screen. */
function comment(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length >= width) lines.push(`// ${word}`);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
