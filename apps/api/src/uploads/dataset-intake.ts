import {
  artifactKeys,
  type CreateDatasetFields,
  type Dataset,
  type DatasetSource,
  type FetchDataset,
  newId,
  ReadOptions,
  ScionError,
  type Upload,
} from '@scion/schema';
import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { AppDependencies } from '../app-dependencies.ts';
import { createPartUploads } from './part-uploads.ts';
import { receiveDataset } from './receive-dataset.ts';

type FromUpload = Extract<FetchDataset, { upload: string }>;
type FromElsewhere = Exclude<FetchDataset, FromUpload>;

const missingNamed = 5;

/** The ways in which `POST /v1/datasets` takes data. */
export function createDatasetIntake(
  { services, caller }: Pick<FastifyRequest, 'services' | 'caller'>,
  { store, maxUploadBytes }: Pick<AppDependencies, 'store' | 'maxUploadBytes'>,
) {
  const uploads = createPartUploads(store, caller.scope.project);

  /** Adds a data set whose bytes are stored; where others have the same bytes, the second copy goes. */
  const addStored = async (stored: Parameters<typeof services.datasets.createFromUpload>[0]): Promise<Dataset> => {
    const { dataset, surplusKey } = await services.datasets.createFromUpload(stored).catch(async (error: unknown) => {
      if (error instanceof ScionError && error.code === 'insufficientStorage')
        await store.remove(artifactKeys.datasetUpload(stored.id));
      throw error;
    });
    if (surplusKey !== null) await store.remove(surplusKey);
    return dataset;
  };

  /** Made once, however often and how close together it is asked for: all requests make the same data set out of the same bytes. */
  const fromParts = async (body: FromUpload): Promise<Dataset> => {
    const upload = await uploads.get(body.upload);
    const id = await uploads.datasetOf(upload.id);
    if (upload.dataset !== null) return await services.datasets.get(id);
    if (upload.missing.length > 0) throw incomplete(upload);
    try {
      const { sizeBytes, sha256 } = await store.put(artifactKeys.datasetUpload(id), uploads.read(upload));
      const dataset = await addStored({ ...described(body), id, fileName: upload.fileName, sizeBytes, sha256 });
      await uploads.finish(upload.id);
      return dataset;
    } catch (error) {
      // Another request may have been faster.
      return await services.datasets.get(id).catch(() => Promise.reject(error));
    }
  };

  return {
    async fromForm(request: FastifyRequest): Promise<Dataset> {
      const received = await receiveDataset({ request, store, id: newId('dataset'), maxBytes: maxUploadBytes });
      const { id, fileName, sizeBytes, sha256 } = received;
      return await addStored({ ...described(received), id, fileName, sizeBytes, sha256 });
    },

    /** Whether a worker may fetch it is the worker's to say: it knows its rules and addresses. */
    async fromJson(body: FetchDataset): Promise<Dataset> {
      if ('upload' in body) return await fromParts(body);
      return await services.datasets.create({ ...described(body), ...sourceOf(body), sizeBytes: 0 });
    },
  };
}

const OptionsOf = z.object(ReadOptions.shape);

/** How a data set is to be called and read, whatever way it comes in. */
function described(fields: CreateDatasetFields | FetchDataset) {
  const { name, format, split } = fields;
  return { name, format, split, options: OptionsOf.parse(fields) };
}

function sourceOf(body: FromElsewhere): { source: DatasetSource; fileName: string } {
  if ('catalog' in body) return { source: { type: 'catalog', name: body.catalog }, fileName: body.catalog };
  const [source, address] =
    'url' in body
      ? [{ type: 'url', url: body.url } as const, new URL(body.url).pathname]
      : [{ type: 'path', path: body.path } as const, body.path];
  const fileName = address.split('/').filter(Boolean).at(-1)?.slice(0, 200);
  return { source, fileName: fileName ?? 'data set' };
}

function incomplete({ id, missing, parts }: Upload): ScionError {
  const some = missing.slice(0, missingNamed).join(', ');
  const more = missing.length > missingNamed ? ', …' : '';
  return new ScionError('conflict', `Of the ${parts} parts of ${id} these have not come: ${some}${more}`);
}
