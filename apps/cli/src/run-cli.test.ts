import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { errorCatalogue, newId, type Problem } from '@scion/schema';
import { commands } from './commands/index.ts';
import { exitCodes } from './exit-codes.ts';
import { runCli } from './run-cli.ts';
import { collectingStream } from './testkit/collecting-stream.ts';

const nobody = 'http://127.0.0.1:9';

test('the help names every command', async () => {
  const groups = new Set(commands.map(({ path }) => path[0]));
  const { exitCode, stdout } = await run(['--help']);
  assert.equal(exitCode, exitCodes.ok);
  for (const word of groups) assert.match(stdout, new RegExp(`^ {2}${word}\\b`, 'm'));
});

for (const { path, positional, input } of commands) {
  test(`${path.join(' ')} --help names each argument and option, and --json`, async () => {
    const { exitCode, stdout } = await run([...path, '--help']);
    assert.equal(exitCode, exitCodes.ok);
    for (const name of Object.keys(input.shape)) {
      const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
      assert.ok(stdout.includes(positional.includes(name) ? name : flag), `${name} is missing`);
    }
    assert.ok(stdout.includes('--json'));
  });
}

test('wrong use ends with exit code 2 and says what is wrong', async () => {
  const wrong = [
    { args: ['nothing'], says: /unknown command 'nothing'/ },
    { args: ['job', 'show'], says: /missing required argument 'id'/ },
    { args: ['job', 'show', 'job_1'], says: /Expected a job id/ },
    { args: ['job', 'ls', '--limit', 'many'], says: /limit/ },
    { args: ['job', 'ls', '--nothing'], says: /unknown option '--nothing'/ },
  ];
  for (const { args, says } of wrong) {
    const { exitCode, stdout, stderr } = await run(args);
    assert.equal(exitCode, exitCodes.usage, args.join(' '));
    assert.match(stderr, says);
    assert.equal(stdout, '');
  }
});

test('a wrong environment is a wrong use', async () => {
  const { exitCode, stderr } = await run(['job', 'ls'], { SCION_PORT: 'eighty' });
  assert.equal(exitCode, exitCodes.usage);
  assert.match(stderr, /SCION_PORT/);
});

test('without a server the exit code is 5 and the message says how to start one', async () => {
  const { exitCode, stderr } = await run(['job', 'ls'], { SCION_URL: nobody });
  assert.equal(exitCode, exitCodes.serverUnreachable);
  assert.match(stderr, /There is no Scion server at http:\/\/127\.0\.0\.1:9 .*\nStart one: scion up/);
});

test('under npm, messages suggest the command that works there', async () => {
  const { stderr } = await run(['job', 'ls'], { SCION_URL: nobody, npm_lifecycle_event: 'scion' });
  assert.match(stderr, /Start one: npm run scion -- up/);
});

test('with --json an error is one JSON document on standard error', async () => {
  const { stdout, stderr } = await run(['job', 'ls', '--json'], { SCION_URL: nobody });
  assert.equal(stdout, '');
  assert.equal(JSON.parse(stderr).error.code, 'serverUnreachable');
});

test('what a server refuses is told with its field paths', async (t) => {
  const url = await serveProblem(t, {
    type: '/problems/specInvalid',
    title: errorCatalogue.specInvalid.title,
    status: 422,
    detail: 'training.epochs: Too small',
    code: 'specInvalid',
    errors: [{ path: 'training.epochs', message: 'Too small' }],
  });
  const { exitCode, stderr } = await run(['job', 'show', newId('job')], { SCION_URL: url });
  assert.equal(exitCode, exitCodes.failed);
  assert.match(stderr, /^ {2}training\.epochs: Too small$/m);
  assert.match(stderr, /Change the fields named above/);
});

async function run(args: string[], env: NodeJS.ProcessEnv = {}) {
  const [stdout, stderr] = [collectingStream(), collectingStream()];
  const exitCode = await runCli(args, { env, stdout, stderr });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
}

async function serveProblem(t: TestContext, problem: Problem): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(problem.status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(problem));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
