import type { ParameterSource } from '@scion/schema';
import type { ArtifactStore } from '@scion/storage';
import { readStartFolder } from '../artifact/parameter-folder.ts';
import { isTeacherName, teacherName } from '../methods/pretrain/teacher.ts';
import { importParameters, type Network } from '../network.ts';

/** Puts the parameters of a model into the network's teacher. Errors are those of a model that is damaged or another network. */
export async function loadTeacher(options: { store: ArtifactStore; source: ParameterSource; network: Network }): Promise<void> {
  const { store, source, network } = options;
  const { parameters } = await readStartFolder(store, source.key);
  const stored = new Map([...parameters].map(([name, array]) => [teacherName(name), array] as const));
  importParameters(
    network,
    network.parameters.filter(({ name }) => isTeacherName(name)),
    stored,
  );
}
