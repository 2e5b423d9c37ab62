import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { DatasetReport } from '@scion/schema';
import { type PackRequest, packDataset } from '../pack/pack-dataset.ts';
import { openPacked } from '../packed/open-packed.ts';
import { openPackedRecordings } from '../packed/open-packed-recordings.ts';
import { openPackedTexts } from '../packed/open-packed-texts.ts';

/** A folder that goes away with the test file, and packing of uploads in it. */
export async function createPackingPlace() {
  const root = await mkdtemp(join(tmpdir(), 'scion-data-'));
  const opened: { close(): Promise<void> }[] = [];
  after(async () => {
    await Promise.all(opened.map((dataset) => dataset.close()));
    await rm(root, { recursive: true, force: true });
  });

  async function request(upload: Uint8Array): Promise<PackRequest> {
    const uploadPath = join(root, randomUUID());
    await writeFile(uploadPath, upload);
    return { uploadPath, fileName: 'upload.zip', format: 'auto', outDir: join(root, randomUUID()) };
  }

  /** Packs the bytes of an archive and opens the result. */
  const packing =
    <Dataset extends { close(): Promise<void> }>(open: (dir: string) => Promise<Dataset>) =>
    async (
      upload: Uint8Array,
      options: Partial<PackRequest> = {},
    ): Promise<{ report: DatasetReport; dataset: Dataset; outDir: string }> => {
      const asked = { ...(await request(upload)), ...options };
      const report = await packDataset(asked);
      const dataset = await open(asked.outDir);
      opened.push(dataset);
      return { report, dataset, outDir: asked.outDir };
    };

  return {
    root,
    request,
    packUpload: packing((dir) => openPacked(dir)),
    packTexts: packing((dir) => openPackedTexts(dir)),
    packRecordings: packing((dir) => openPackedRecordings(dir)),
  };
}
