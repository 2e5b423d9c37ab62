import { packDataset } from '@scion/data';

/** Child of bench:data: `pack-once ARCHIVE FOLDER` packs the archive and says how long that took and how large the process was at most. */
const [uploadPath = '', outDir = ''] = process.argv.slice(2);
const startedAt = performance.now();
const { splits } = await packDataset({ uploadPath, fileName: 'archive', format: 'auto', outDir });
const ms = performance.now() - startedAt;
const examples = Object.values(splits).reduce((sum, split) => sum + split.examples, 0);
console.log(JSON.stringify({ ms, maxRssBytes: process.resourceUsage().maxRSS * 1024, examples }));
