import { artifactKeys, CreateDatasetFields, ScionError, validationError } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import type { FastifyRequest } from 'fastify';
import { receiveForm } from './receive-form.ts';

export type ReceivedDataset = CreateDatasetFields & { id: string; fileName: string; sizeBytes: number; sha256: string };

/**
 * Streams the upload of a data set straight into the store, under the key of the id given. Nothing stays there when anything is
 * wrong with it: a missing or empty file, an unknown field, a size over the limit, a client that went away.
 */
export async function receiveDataset({
  request,
  store,
  id,
  maxBytes,
}: {
  request: FastifyRequest;
  store: ArtifactStore;
  id: string;
  maxBytes: number;
}): Promise<ReceivedDataset> {
  const key = artifactKeys.datasetUpload(id);
  try {
    const { fields, files } = await receiveForm(request, {
      limits: { totalBytes: maxBytes, files: 1 },
      receiveFile: async (part) => {
        return { fileName: part.filename, ...(await store.put(key, part.file)) };
      },
    });
    const parsed = CreateDatasetFields.safeParse(fields);
    if (!parsed.success) throw validationError(parsed.error, 'form');
    const [file] = files;
    if (file === undefined) throw new ScionError('uploadInvalid', 'The form has no file: send it in the field "file"');
    if (file.sizeBytes === 0) throw new ScionError('uploadInvalid', 'The file is empty');
    const { sizeBytes, sha256 } = file;
    return { ...parsed.data, id, fileName: file.fileName.slice(0, 255) || 'upload', sizeBytes, sha256 };
  } catch (error) {
    await store.remove(key);
    throw error;
  }
}
