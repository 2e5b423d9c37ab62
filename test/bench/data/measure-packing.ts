import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median, summarize } from '../statistics.ts';

const run = promisify(execFile);
const atMost = { seconds: 40, mib: 600 };

/** Packs an archive in a process of its own, `rounds` times. */
export async function measurePacking({
  archive,
  folder,
  rounds,
}: {
  archive: string;
  folder: string;
  rounds: number;
}): Promise<boolean[]> {
  const script = fileURLToPath(new URL('./pack-once.js', import.meta.url));
  const seconds: number[] = [];
  const mib: number[] = [];
  console.log(`\npack: the first packing of ${archive.split('/').at(-1)}, ${rounds} times`);
  for (let round = 1; round <= rounds; round++) {
    const outDir = join(folder, 'packing');
    const { stdout } = await run(process.execPath, ['--enable-source-maps', script, archive, outDir]);
    const { ms, maxRssBytes, examples } = JSON.parse(stdout) as { ms: number; maxRssBytes: number; examples: number };
    await rm(outDir, { recursive: true, force: true });
    seconds.push(ms / 1000);
    mib.push(maxRssBytes / 2 ** 20);
    console.log(
      `round ${round}: ${examples} images in ${(ms / 1000).toFixed(1)} s, at most ${mib.at(-1)?.toFixed(0)} MiB resident`,
    );
  }
  return [judge('seconds', seconds, atMost.seconds), judge('MiB resident at most', mib, atMost.mib)];
}

function judge(what: string, values: readonly number[], wanted: number): boolean {
  const { min, max, n } = summarize(values);
  const holds = median(values) <= wanted;
  console.log(
    `${holds ? 'holds ' : 'missed'}  pack: ${median(values).toFixed(1)} ${what} (${min.toFixed(1)} to ${max.toFixed(1)}, n = ${n}), wanted at most ${wanted}`,
  );
  return holds;
}
