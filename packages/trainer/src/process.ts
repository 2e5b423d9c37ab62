import { Settings, TrainerCommand, type TrainerMessage, type TrainerOutcome, type TrainRun } from '@scion/schema';
import { openArtifactStore, storageOptionsOf } from '@scion/storage';
import { train } from './run/train.ts';

/**
 * The trainer process: forked by a supervisor, one for each attempt. It takes one `start`, reports while it runs, tells the outcome
 * and exits; it exits at once when its supervisor is gone, since nobody would write down what it does.
 */
const stopping = new AbortController();

process.on('disconnect', () => process.exit(1));
process.on('message', (message: unknown) => {
  const command = TrainerCommand.parse(message);
  if (command.type === 'stop') stopping.abort(command.reason);
  else void start(command.run);
});
// Ctrl-C in a terminal reaches the whole process group: the supervisor decides what becomes of the run.
process.on('SIGINT', () => undefined);
await send({ type: 'ready' });

async function start(run: TrainRun): Promise<void> {
  const outcome = await attempt(run);
  await send({ type: 'outcome', outcome });
  process.exit(0);
}

async function attempt(run: TrainRun): Promise<TrainerOutcome> {
  const settings = Settings.parse(process.env);
  const store = await openArtifactStore(run.artifactsUrl, storageOptionsOf(settings));
  const report: Parameters<typeof train>[0]['report'] = (content) => void send({ type: 'report', report: content });
  const { SCION_LOADER_MEMORY_BYTES: loaderMemoryBytes } = settings;
  return train({ run, store, report, signal: stopping.signal, loaderMemoryBytes });
}

function send(message: TrainerMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    if (!process.send) {
      reject(new Error('The trainer process is forked by a supervisor; to train by hand, use "scion train"'));
      return;
    }
    process.send(message, undefined, undefined, (error: Error | null) => (error ? reject(error) : resolve()));
  });
}
