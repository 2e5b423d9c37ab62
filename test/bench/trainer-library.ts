import { trainLocally } from '@scion/trainer';

/** Child of bench:trainer: trains with the library alone and sends when each epoch ended, in milliseconds. */
const [spec = '', dataPath = '', outDir = ''] = process.argv.slice(2);
const { outcome } = await trainLocally({
  spec: JSON.parse(spec),
  dataPath,
  outDir,
  report: (report) => {
    if (report.type === 'event' && report.event === 'epoch.finished') process.send?.(Date.now());
  },
});
throw new Error(`It was to train until it is ended: ${JSON.stringify(outcome)}`);
