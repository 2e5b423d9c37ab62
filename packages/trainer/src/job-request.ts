import type { JobSpec } from '@scion/schema';
import { parseResolved } from './resolve-spec.ts';

/** The body of `POST /v1/jobs` that asks for a job of this resolved spec once more: what `resolveSpec` has added is left out. */
export function toJobRequest(spec: JobSpec): Record<string, unknown> {
  const { inputShape: _, teacher: __, methodReason: ___, backbone, ...request } = parseResolved(spec);
  return request.from === undefined ? { ...request, backbone } : request;
}
