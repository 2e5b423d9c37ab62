import { Argument, Command, CommanderError, Option } from 'commander';
import { z } from 'zod';
import type { CliContext } from './cli-context.ts';
import type { CliCommand } from './command.ts';
import { commands } from './commands/index.ts';
import { type ExitCode, exitCodes } from './exit-codes.ts';
import type { OutputStream } from './output/output.ts';

export type ProgramOptions = {
  stdout: OutputStream;
  stderr: OutputStream;
  /** Makes the context of the command that runs. */
  createContext: (options: { json: boolean }) => CliContext;
  onExitCode: (exitCode: ExitCode) => void;
};

/** The whole command line, put together from the registry. Parsing throws `CommanderError` for a wrong use. */
export function createProgram({ stdout, stderr, createContext, onExitCode }: ProgramOptions): Command {
  const program = new Command('scion')
    .description('A training job server for transfer learning')
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .showHelpAfterError('(--help says what there is)');
  for (const command of commands) {
    const words = command.path.slice(0, -1);
    const parent = words.reduce(findOrAddGroup, program);
    addCommand(parent, command).action(async (...given: unknown[]) => {
      // Commander passes the arguments by place, then the options, then itself.
      const options = z.record(z.string(), z.unknown()).parse(given[command.positional.length]);
      const { json, ...named } = options;
      const byPlace = command.positional.map((name, place) => [name, given[place]] as const);
      const raw = Object.fromEntries([...Object.entries(named), ...byPlace].filter(([, value]) => value !== undefined));
      onExitCode(await command.run(raw, createContext({ json: json === true })));
    });
  }
  return program;
}

/** The help of one command, for the docs. */
export function describeUsage(command: CliCommand): string {
  const described = addCommand(command.path.slice(0, -1).reduce(findOrAddGroup, new Command('scion')), command);
  return described.configureHelp({ helpWidth: 110 }).helpInformation().trimEnd();
}

/** Exit code of an error of the command line itself; `--help` and `--version` are no errors. */
export function exitCodeOfUsage(error: CommanderError): ExitCode {
  return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
}

const groupSummaries: Readonly<Record<string, string>> = {
  dataset: 'Add data sets and look at them',
  job: 'Submit jobs, follow and cancel them',
  model: 'List models, predict with them, import weights',
  key: 'Make, list, replace and revoke API keys',
};

function findOrAddGroup(parent: Command, word: string): Command {
  const existing = parent.commands.find((command) => command.name() === word);
  return existing ?? parent.command(word).description(groupSummaries[word] ?? '');
}

function addCommand(parent: Command, { path, summary, positional, input }: CliCommand): Command {
  const command = parent.command(path.at(-1) ?? '').description(summary);
  for (const [name, schema] of Object.entries(input.shape)) {
    const field = z.instanceof(z.ZodType).parse(schema);
    if (positional.includes(name)) command.addArgument(argumentOf(name, field));
    else command.addOption(optionOf(name, field));
  }
  return command.option('--json', 'print the result as JSON');
}

function argumentOf(name: string, schema: z.ZodType): Argument {
  const rest = coreOf(schema) instanceof z.ZodArray ? '...' : '';
  const flags = isOptional(schema) ? `[${name}${rest}]` : `<${name}${rest}>`;
  return new Argument(flags, schema.description);
}

function optionOf(name: string, schema: z.ZodType): Option {
  const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  const takesValue = !(coreOf(schema) instanceof z.ZodBoolean);
  const option = new Option(takesValue ? `${flag} <${name}>` : flag, schema.description);
  const fallback = takesValue ? schema.safeParse(undefined).data : undefined;
  // Shown, not applied: the schema fills the default in.
  if (fallback !== undefined && fallback !== null) option.description += ` (default: ${String(fallback)})`;
  return isOptional(schema) ? option : option.makeOptionMandatory();
}

function isOptional(schema: z.ZodType): boolean {
  return schema.safeParse(undefined).success;
}

/** The schema inside of `.optional()` and `.default()`. */
function coreOf(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault)
    return coreOf(z.instanceof(z.ZodType).parse(schema.unwrap()));
  return schema;
}

export { CommanderError };
