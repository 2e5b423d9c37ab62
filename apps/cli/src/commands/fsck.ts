import { type Finding, findingKinds } from '@scion/jobs';
import { z } from 'zod';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../exit-codes.ts';

const secondLookMs = 1000;

export const fsck = defineCommand({
  path: ['fsck'],
  summary: 'Say whether records, queue and files of a server agree, whether it runs or not',
  input: z.strictObject({
    dataDir: z.string().optional().describe('folder of the server (default: SCION_DATA_DIR or .scion)'),
    deep: z.boolean().default(false).describe('read every byte of checkpoints, models and uploads, and compare their SHA-256'),
    repair: z.boolean().default(false).describe('repair what can be'),
    orphanHours: z.coerce
      .number()
      .min(0)
      .default(24)
      .describe('age from which files of no record count; younger ones may be about to get theirs'),
  }),
  run: async ({ dataDir, deep, repair, orphanHours }, { settings, output, commandName }) => {
    const { openServerParts } = await import('../server/open-parts.ts');
    const parts = await openServerParts(settings, dataDir ?? settings.SCION_DATA_DIR);
    try {
      const options = { files: parts.files, deep, orphanAgeMs: orphanHours * 3_600_000, secondLookMs };
      const { consistency } = parts.services;
      const found = await consistency.find(options);
      if (repair && found.length > 0) await consistency.repair(found, options);
      const left = repair && found.length > 0 ? await consistency.find(options) : found;
      output.result({ found, left }, () => describe({ found, left, repair, commandName }));
      return left.length === 0 ? exitCodes.ok : exitCodes.failed;
    } finally {
      await parts.close();
    }
  },
});

type Report = { found: readonly Finding[]; left: readonly Finding[]; repair: boolean; commandName: string };

function describe({ found, left, repair, commandName }: Report): string[] {
  if (found.length === 0) return ['Records, queue and files agree'];
  const isLeft = new Set(left.map(({ code, subject }) => `${code} ${subject}`));
  const lines = found.map(({ code, subject, detail }) => {
    const fate = isLeft.has(`${code} ${subject}`) ? '' : ' (repaired)';
    return `${code}  ${subject}  ${findingKinds[code].says}${detail === '' ? '' : `: ${detail}`}${fate}`;
  });
  const repairable = left.filter(({ code }) => findingKinds[code].repair !== null).length;
  lines.push(`${found.length} found, ${left.length} left`);
  if (!repair && repairable > 0) lines.push(`Repair ${repairable} of them: ${commandName} fsck --repair`);
  return lines;
}
