import { Worker } from 'node:worker_threads';
import type { ScionError } from '@scion/schema';
import { dataInvalid } from '../data-invalid.ts';
import type { ParquetAnswer, ParquetDescription, ParquetPlace, ParquetRows, ParquetTask } from './parquet-messages.ts';

/** How long a sound file may take: this in any case, and more for what is large. */
const defaultPatienceMs = 8000;
const leastBytesPerMs = 2000;
const maxHeapMiB = 1024;

/** Decodes a Parquet file in a thread of its own, which is ended when it takes too long. Its errors are `dataInvalid`. */
export class ParquetReader {
  readonly #thread: Worker;
  readonly #place: ParquetPlace;
  readonly #path: string;
  readonly #patienceMs: number;

  /** `path` is the file's name in messages. */
  constructor(place: ParquetPlace, path: string, patienceMs = defaultPatienceMs) {
    this.#thread = new Worker(new URL('./parquet-thread.js', import.meta.url), {
      workerData: place,
      resourceLimits: { maxOldGenerationSizeMb: maxHeapMiB },
    });
    // Between two tasks nobody listens for errors, and an error that nobody hears ends the whole process.
    this.#thread.on('error', () => undefined);
    this.#place = place;
    this.#path = path;
    this.#patienceMs = patienceMs;
  }

  async describe(): Promise<ParquetDescription> {
    const answer = await this.#ask({ type: 'describe' }, { part: 'footer', bytes: 0 });
    if ('description' in answer) return answer.description;
    throw this.#damaged('footer', 'fault' in answer ? answer.fault : 'it is not described');
  }

  /** The cells of one row group, of which some `bytes` are expected. */
  async readRows(group: number, columns: readonly string[], bytes: number): Promise<ParquetRows> {
    const part = `row group ${group}`;
    const answer = await this.#ask({ type: 'read', group, columns: [...columns] }, { part, bytes });
    if ('rows' in answer) return answer.rows;
    throw this.#damaged(part, 'fault' in answer ? answer.fault : 'it is not read');
  }

  async close(): Promise<void> {
    await this.#thread.terminate();
  }

  #ask(task: ParquetTask, { part, bytes }: { part: string; bytes: number }): Promise<ParquetAnswer> {
    const thread = this.#thread;
    const limitMs = this.#patienceMs + Math.min(bytes, this.#place.sizeBytes) / leastBytesPerMs;
    return new Promise((resolve, reject) => {
      const fail = (reason: string) => settle(() => reject(this.#damaged(part, reason)));
      const onMessage = (answer: ParquetAnswer) => settle(() => resolve(answer));
      const onError = (error: Error) => fail(error.message);
      const onExit = () => fail('its decoder died');
      const timer = setTimeout(() => fail('decoding it takes too long'), limitMs);
      const settle = (end: () => void) => {
        clearTimeout(timer);
        thread.off('message', onMessage).off('error', onError).off('exit', onExit);
        end();
      };
      thread.once('message', onMessage).once('error', onError).once('exit', onExit);
      thread.postMessage(task);
    });
  }

  #damaged(part: string, reason: string): ScionError {
    return dataInvalid(this.#path, `Its ${part} cannot be read, the file is damaged or incomplete: ${reason}`);
  }
}
