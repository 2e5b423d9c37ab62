import { open } from 'node:fs/promises';
import { hasSafetensorsHeader, readSafetensorsFile } from './safetensors-file.ts';
import type { TensorFile } from './stored-tensor.ts';
import { withTorchFile } from './torch-file.ts';
import { weightsInvalid } from './weights-invalid.ts';

const advice = 'load it there and save it again with torch.save(model.state_dict(), path)';

/** First bytes of files that people hand in by mistake, or in a form of the past. */
const refusals: readonly { at: number; bytes: string; why: string }[] = [
  { at: 0, bytes: '\x80\x02\x8a\x0a', why: `is of PyTorch’s form before 1.6, which is not read: ${advice}` },
  { at: 257, bytes: 'ustar', why: `is a tar, which was PyTorch’s form before 0.1.10 and is not read: ${advice}` },
  { at: 0, bytes: '\x89HDF', why: 'is HDF5 (Keras), which is not read: export the weights as safetensors' },
  { at: 0, bytes: 'GGUF', why: 'is GGUF, which is not read: export the weights as safetensors' },
];

/**
 * Lets `use` read the tensors of a safetensors file or of a PyTorch file (`.pt`, `.pth`), told apart by their first bytes. Nothing that
 * the file says is run. `entry` picks a part of a PyTorch checkpoint.
 *
 * @throws ScionError `weightsInvalid` saying what is wrong with the file
 */
export async function withTensorFile<Result>(
  path: string,
  options: { entry: string | null },
  use: (file: TensorFile) => Promise<Result>,
): Promise<Result> {
  const handle = await open(path, 'r');
  try {
    const head = Buffer.alloc(512);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    const isAt = ({ at, bytes }: { at: number; bytes: string }) =>
      at + bytes.length <= bytesRead && head.toString('latin1', at, at + bytes.length) === bytes;
    if (isAt({ at: 0, bytes: 'PK\x03\x04' })) return await withTorchFile({ path, handle }, options, use);
    const { size } = await handle.stat();
    if (hasSafetensorsHeader(head, size)) return await use(await readSafetensorsFile(handle));
    const known = refusals.find(isAt);
    throw weightsInvalid(known?.why ?? 'is neither safetensors nor a PyTorch file (.pt, .pth)');
  } finally {
    await handle.close();
  }
}
