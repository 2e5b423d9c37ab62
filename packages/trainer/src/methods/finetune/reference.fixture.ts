import { readFile } from 'node:fs/promises';

/** Made by test/parity/finetune/make_reference.py. */
type Reference = {
  l2Sp: {
    weights: number[][];
    start: number[][];
    head: number[][];
    alpha: number;
    beta: number;
    penalty: number;
    gradient: number[][];
  };
  lora: { weight: number[][]; down: number[][]; up: number[][]; scale: number; x: number[][]; h: number[][] };
  sharpnessAware: {
    x: number[][];
    labels: number[];
    first: number[][];
    rho: number;
    rate: number;
    losses: number[];
    last: number[][];
  };
  fixmatch: { weak: number[][]; strong: number[][]; threshold: number; accepted: number; loss: number; gradient: number[][] };
  softmatch: {
    scores: number[][];
    momentum: number;
    prediction: number[];
    mean: number;
    variance: number;
    weights: number[];
  };
  meanTeacher: { student: number[][]; teacher: number[][]; difference: number; ramp: number[] };
};

export async function readReference(): Promise<Reference> {
  const file = new URL('../../../../../test/parity/finetune/reference.json', import.meta.url);
  return JSON.parse(await readFile(file, 'utf8')) as Reference;
}
