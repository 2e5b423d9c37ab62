import { z } from 'zod';

/** Prefix of each kind of record id. An id is `<prefix>_<26 characters>`, and ids of one kind sort by creation time. */
export const idPrefixes = {
  dataset: 'ds',
  job: 'job',
  model: 'mdl',
  checkpoint: 'ckpt',
  worker: 'wkr',
  upload: 'upl',
  apiKey: 'key',
} as const;

export type IdKind = keyof typeof idPrefixes;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford base 32
const timeLength = 10;
const randomLength = 16;

/** A new id: 48 bits of milliseconds, then 80 random bits, in Crockford base 32 (the ULID layout, in lower case). */
export function newId(kind: IdKind, nowMs: number = Date.now()): string {
  let time = '';
  let rest = nowMs;
  for (let i = 0; i < timeLength; i++) {
    time = alphabet.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  let random = '';
  for (const byte of globalThis.crypto.getRandomValues(new Uint8Array(randomLength))) random += alphabet.charAt(byte % 32);
  return `${idPrefixes[kind]}_${time}${random}`;
}

/** When an id was made, in milliseconds since 1970; null for what is no id. */
export function timeOfId(id: string): number | null {
  const time = /^[a-z]+_([0-9a-z]{10})[0-9a-z]{16}$/.exec(id)?.[1];
  if (time === undefined) return null;
  let ms = 0;
  for (const digit of time) ms = ms * 32 + alphabet.indexOf(digit);
  return ms;
}

function idSchema(kind: IdKind) {
  const prefix = idPrefixes[kind];
  return z
    .string()
    .regex(new RegExp(`^${prefix}_[0-9a-z]{26}$`), `Expected a ${kind} id: ${prefix}_ and 26 letters or digits`)
    .meta({ examples: [`${prefix}_01k9m3v5t8x2r4w6y0abcdefgh`] });
}

export const DatasetId = idSchema('dataset');
export const JobId = idSchema('job');
export const ModelId = idSchema('model');
export const CheckpointId = idSchema('checkpoint');
export const WorkerId = idSchema('worker');
export const UploadId = idSchema('upload');
export const ApiKeyId = idSchema('apiKey');
