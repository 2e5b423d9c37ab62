import { trainLocally } from '@scion/trainer';

/** Child of bench:trainer: trains with the library alone and sends when each epoch ended, in milliseconds. */
const [spec = '', dataPath = '', outDir = ''] = process.argv.slice(2);
const epochEndsMs: number[] = [];
const { outcome } = await trainLocally({
  spec: JSON.parse(spec),
  dataPath,
  outDir,
  report: (report) => {
    if (report.type === 'event' && report.event === 'epoch.finished') epochEndsMs.push(Date.now());
  },
});
if (outcome.type !== 'succeeded') throw new Error(JSON.stringify(outcome));
process.send?.(epochEndsMs);
process.disconnect();
